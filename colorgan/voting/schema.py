"""Tables and views as SQL that SQLite and PostgreSQL read alike, and the migrations that bring a database to them.

A migration is a list of statements, run in one transaction together with the new version number: both databases roll
back schema changes too. Databases newer than this code are refused. Migrations are never edited once released (a test
knows their hashes); the next change is a new one at the end. Instead of Alembic: no second copy of the schema to
compare with, no configuration file, and the migrations travel inside the package.
"""

from sqlalchemy import Connection, inspect, text

_TABLES = [
    """
    CREATE TABLE study (
        study_id TEXT PRIMARY KEY,
        protocol_version TEXT NOT NULL CHECK (protocol_version IN ('paired-1', 'paired-1-short', 'quick-1')),
        manifest_sha256 TEXT NOT NULL,
        exposure_ms {integer} NOT NULL CHECK (exposure_ms > 0),
        opened_at_s {integer} NOT NULL,
        closed_at_s {integer}
    ) {strict}
    """,
    """
    CREATE TABLE stimulus (
        stimulus_id TEXT PRIMARY KEY,
        study_id TEXT NOT NULL REFERENCES study,
        photo_id TEXT NOT NULL,
        model_id TEXT NOT NULL,
        model_revision TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('practice', 'scored', 'catch', 'single')),
        pixel_sha256 TEXT NOT NULL,
        UNIQUE (study_id, photo_id, model_id, kind)
    ) {strict}
    """,
    # One session a person and study: who comes again goes on where they stopped.
    """
    CREATE TABLE session (
        session_id TEXT PRIMARY KEY,
        study_id TEXT NOT NULL REFERENCES study,
        participant_hash TEXT NOT NULL,
        consent_version TEXT NOT NULL,
        started_at_s {integer} NOT NULL,
        finished_at_s {integer},
        device_class TEXT NOT NULL CHECK (device_class IN ('phone', 'tablet', 'desktop')),
        colour_vision TEXT CHECK (colour_vision IN ('typical', 'deficient')),
        timed {integer} NOT NULL CHECK (timed IN (0, 1)),
        UNIQUE (participant_hash, study_id)
    ) {strict}
    """,
    # fake_side: where the computer's colours are. A pair has a left and a right, a single photo is whole or none.
    """
    CREATE TABLE trial (
        trial_id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES session,
        position {integer} NOT NULL CHECK (position > 0),
        kind TEXT NOT NULL CHECK (kind IN ('practice', 'scored', 'catch', 'single')),
        stimulus_id TEXT NOT NULL REFERENCES stimulus,
        fake_side TEXT NOT NULL,
        issued_at_ms {integer},
        deadline_ms {integer},
        UNIQUE (session_id, position),
        CHECK ((issued_at_ms IS NULL) = (deadline_ms IS NULL)),
        CHECK (
            kind <> 'single' AND fake_side IN ('left', 'right') OR kind = 'single' AND fake_side IN ('whole', 'none')
        )
    ) {strict}
    """,
    "CREATE INDEX trial_of_stimulus ON trial (stimulus_id)",
    """
    CREATE TABLE answer (
        trial_id TEXT PRIMARY KEY REFERENCES trial,
        chosen_side TEXT NOT NULL CHECK (chosen_side IN ('left', 'right', 'whole', 'none')),
        received_at_ms {integer} NOT NULL,
        response_ms {integer} NOT NULL CHECK (response_ms >= 0),
        shown_left_ms {integer} CHECK (shown_left_ms >= 0),
        shown_right_ms {integer} CHECK (shown_right_ms >= 0),
        lost_focus {integer} NOT NULL CHECK (lost_focus IN (0, 1))
    ) {strict}
    """,
]

# What the server knows bounds what the browser says: answer_ms can only be shorter than reported, which only excludes.
_VIEWS = [
    """
    CREATE VIEW vote AS
    SELECT study_id, session_id, participant_hash, device_class, colour_vision, timed, trial_id, position, kind,
        photo_id, model_id, model_revision, fake_side, chosen_side,
        CASE WHEN response_ms < question_ms THEN response_ms ELSE question_ms END AS answer_ms,
        response_ms, received_at_ms, shown_left_ms, shown_right_ms, lost_focus, exposure_ms
    FROM (
        SELECT study.study_id, session.session_id, participant_hash, device_class, colour_vision, timed,
            trial.trial_id, position, trial.kind, photo_id, model_id, model_revision, fake_side, chosen_side,
            response_ms, received_at_ms, shown_left_ms, shown_right_ms, lost_focus, exposure_ms,
            received_at_ms - issued_at_ms
                - CASE WHEN timed = 1 AND trial.kind <> 'single' THEN 1500 + 2 * exposure_ms ELSE 0 END AS question_ms
        FROM answer
        JOIN trial ON trial.trial_id = answer.trial_id
        JOIN session ON session.session_id = trial.session_id
        JOIN study ON study.study_id = session.study_id
        JOIN stimulus ON stimulus.stimulus_id = trial.stimulus_id
    ) AS answered
    """,
    # Fooled: the real photo was taken for the computer's.
    """
    CREATE VIEW pair_vote AS
    SELECT vote.*, CASE WHEN chosen_side <> fake_side THEN 1 ELSE 0 END AS fooled FROM vote WHERE kind <> 'single'
    """,
    """
    CREATE VIEW single_vote AS
    SELECT vote.*, CASE WHEN fake_side = 'whole' THEN 1 ELSE 0 END AS is_fake,
        CASE WHEN chosen_side = 'whole' THEN 1 ELSE 0 END AS said_fake
    FROM vote WHERE kind = 'single'
    """,
    """
    CREATE VIEW median_answer AS
    SELECT session_id, AVG(answer_ms) AS median_ms
    FROM (
        SELECT session_id, answer_ms, COUNT(*) OVER (PARTITION BY session_id) AS answers,
            ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY answer_ms) AS place
        FROM vote WHERE kind <> 'practice'
    ) AS ranked
    WHERE 2 * place BETWEEN answers AND answers + 2
    GROUP BY session_id
    """,
    """
    CREATE VIEW session_exclusion AS
    SELECT session.study_id, session_id, 'unfinished' AS reason
    FROM session JOIN study ON study.study_id = session.study_id
    WHERE finished_at_s IS NULL AND protocol_version <> 'quick-1'
    UNION ALL
    SELECT session.study_id, session.session_id, 'lapsed'
    FROM session
    JOIN trial ON trial.session_id = session.session_id
    LEFT JOIN answer ON answer.trial_id = trial.trial_id
    WHERE finished_at_s IS NOT NULL AND answer.trial_id IS NULL
    GROUP BY session.study_id, session.session_id HAVING COUNT(*) > 4
    UNION ALL
    SELECT session.study_id, session.session_id, 'catch'
    FROM session
    JOIN trial ON trial.session_id = session.session_id AND kind = 'catch'
    LEFT JOIN answer ON answer.trial_id = trial.trial_id
    WHERE finished_at_s IS NOT NULL
    GROUP BY session.study_id, session.session_id
    HAVING SUM(CASE WHEN chosen_side = fake_side THEN 0 ELSE 1 END) > 1
    UNION ALL
    SELECT session.study_id, session.session_id, 'fast'
    FROM session
    JOIN study ON study.study_id = session.study_id
    JOIN median_answer ON median_answer.session_id = session.session_id
    WHERE median_ms < 250 AND (finished_at_s IS NOT NULL OR protocol_version = 'quick-1')
    UNION ALL
    SELECT session.study_id, session.session_id, 'one side'
    FROM session JOIN pair_vote ON pair_vote.session_id = session.session_id
    WHERE finished_at_s IS NOT NULL AND kind <> 'practice'
    GROUP BY session.study_id, session.session_id
    HAVING 100 * SUM(CASE WHEN chosen_side = 'left' THEN 1 ELSE 0 END) >= 90 * COUNT(*)
        OR 100 * SUM(CASE WHEN chosen_side = 'right' THEN 1 ELSE 0 END) >= 90 * COUNT(*)
    """,
    """
    CREATE VIEW trial_exclusion AS
    SELECT study_id, session_id, trial_id, 'lost focus' AS reason FROM vote WHERE lost_focus = 1
    UNION ALL
    SELECT study_id, session_id, trial_id, 'exposure'
    FROM pair_vote
    WHERE timed = 1 AND (
        shown_left_ms IS NULL OR shown_right_ms IS NULL
        OR ABS(shown_left_ms - exposure_ms) > 100 OR ABS(shown_right_ms - exposure_ms) > 100
    )
    """,
    """
    CREATE VIEW kept_pair_vote AS
    SELECT * FROM pair_vote
    WHERE kind = 'scored' AND session_id NOT IN (SELECT session_id FROM session_exclusion)
        AND trial_id NOT IN (SELECT trial_id FROM trial_exclusion)
    """,
    """
    CREATE VIEW kept_single_vote AS
    SELECT * FROM single_vote
    WHERE session_id NOT IN (SELECT session_id FROM session_exclusion)
        AND trial_id NOT IN (SELECT trial_id FROM trial_exclusion)
    """,
]

MIGRATIONS: list[list[str]] = [_TABLES + _VIEWS]
_LOCK = 0x636F6C6F72  # "color": whoever migrates on PostgreSQL holds this number


def migrate(connection: Connection) -> None:
    """Bring an empty or older database up to date, within the caller's transaction.

    Raises:
        ValueError: the database is newer than this code, or not one of ours.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction is exclusive already
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise ValueError(
            f"the database has schema version {version}, this colorgan knows up to {len(MIGRATIONS)}: update colorgan"
        )
    sqlite = connection.dialect.name == "sqlite"
    words = {"integer": "INTEGER" if sqlite else "BIGINT", "strict": "STRICT" if sqlite else ""}
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.exec_driver_sql(statement.format(**words))
    if version < len(MIGRATIONS):
        connection.execute(text("UPDATE schema_version SET version = :version"), {"version": len(MIGRATIONS)})


def _version(connection: Connection) -> int:
    """The database's schema version; a new database gets the table that holds it, at 0."""
    tables = set(inspect(connection).get_table_names())
    if "schema_version" in tables:
        return int(connection.execute(text("SELECT version FROM schema_version")).scalar_one())
    if tables:
        raise ValueError(f"the database holds the table {min(tables)!r} but no study: name an empty one")
    connection.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
    connection.execute(text("INSERT INTO schema_version VALUES (0)"))
    return 0
