"""The statements that must hold under attack, and those of several modules; they read alike on both databases.

Each is one transaction or less.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from colorgan.voting import protocol
from colorgan.voting.records import StimulusRow, StudyRow

EARLIEST = f"""CASE WHEN trial.kind = 'single' THEN {protocol.SINGLE_EARLIEST_MS}
    WHEN timed = 1 THEN {protocol.sequence_ms(0)} + 2 * exposure_ms
    ELSE {protocol.UNTIMED_EARLIEST_MS} END"""

_ADD_STUDY = text("""
    INSERT INTO study (study_id, protocol_version, manifest_sha256, exposure_ms, opened_at_s, closed_at_s)
    VALUES (:study_id, :protocol_version, :manifest_sha256, :exposure_ms, :opened_at_s, :closed_at_s)
    ON CONFLICT DO NOTHING
""")

_ADD_STIMULUS = text("""
    INSERT INTO stimulus (stimulus_id, study_id, photo_id, model_id, model_revision, kind, pixel_sha256)
    VALUES (:stimulus_id, :study_id, :photo_id, :model_id, :model_revision, :kind, :pixel_sha256)
""")

# Everything that makes an answer count, checked and recorded in one statement. The casts tell PostgreSQL the types.
ANSWER = text(f"""
    INSERT INTO answer
        (trial_id, chosen_side, received_at_ms, response_ms, shown_left_ms, shown_right_ms, lost_focus)
    SELECT trial.trial_id, CAST(:chosen_side AS TEXT), CAST(:now_ms AS BIGINT), CAST(:response_ms AS BIGINT),
        CAST(:shown_left_ms AS BIGINT), CAST(:shown_right_ms AS BIGINT), CAST(:lost_focus AS BIGINT)
    FROM trial
    JOIN session ON session.session_id = trial.session_id
    JOIN study ON study.study_id = session.study_id
    WHERE trial.trial_id = :trial_id AND participant_hash = :participant AND closed_at_s IS NULL
        AND (trial.kind = 'single') = (CAST(:chosen_side AS TEXT) IN ('whole', 'none'))
        AND issued_at_ms + {EARLIEST} <= :now_ms AND :now_ms <= deadline_ms
    ON CONFLICT DO NOTHING
""")  # noqa: S608  (numbers of the protocol, no input)

# The next trial goes out when none is and the study is open. Of two requests the second finds issued_at_ms set.
ISSUE = text("""
    UPDATE trial SET issued_at_ms = :now_ms, deadline_ms = :deadline_ms
    WHERE session_id = :session_id AND issued_at_ms IS NULL
        AND EXISTS (
            SELECT 1 FROM session JOIN study ON study.study_id = session.study_id
            WHERE session.session_id = :session_id AND closed_at_s IS NULL
        )
        AND position = (SELECT MIN(position) FROM trial WHERE session_id = :session_id AND issued_at_ms IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM trial AS other LEFT JOIN answer ON answer.trial_id = other.trial_id
            WHERE session_id = :session_id AND deadline_ms >= :now_ms AND answer.trial_id IS NULL
        )
""")

OUT = text("""
    SELECT trial.trial_id, position, kind, stimulus_id, fake_side, issued_at_ms, deadline_ms
    FROM trial LEFT JOIN answer ON answer.trial_id = trial.trial_id
    WHERE session_id = :session_id AND deadline_ms >= :now_ms AND answer.trial_id IS NULL AND EXISTS (
        SELECT 1 FROM session JOIN study ON study.study_id = session.study_id
        WHERE session.session_id = :session_id AND closed_at_s IS NULL
    )
""")

# Finished when every trial is answered or past its deadline; a quick session never is.
FINISH = text("""
    UPDATE session SET finished_at_s = :now_s
    WHERE session_id = :session_id AND finished_at_s IS NULL
        AND EXISTS (
            SELECT 1 FROM study WHERE study.study_id = session.study_id AND protocol_version <> 'quick-1'
        )
        AND NOT EXISTS (
            SELECT 1 FROM trial LEFT JOIN answer ON answer.trial_id = trial.trial_id
            WHERE session_id = :session_id AND answer.trial_id IS NULL
                AND (deadline_ms IS NULL OR deadline_ms >= :now_ms)
        )
""")

# How often each stimulus was answered, or is about to be.
CANDIDATES = text("""
    SELECT stimulus.stimulus_id, photo_id, model_id, stimulus.kind, COUNT(
        CASE WHEN answer.trial_id IS NOT NULL OR (finished_at_s IS NULL AND started_at_s >= :recent_s) THEN 1 END
    ) AS answers
    FROM stimulus
    LEFT JOIN trial ON trial.stimulus_id = stimulus.stimulus_id
    LEFT JOIN answer ON answer.trial_id = trial.trial_id
    LEFT JOIN session ON session.session_id = trial.session_id
    WHERE stimulus.study_id = :study_id
    GROUP BY stimulus.stimulus_id, photo_id, model_id, stimulus.kind
    ORDER BY stimulus.stimulus_id
""")

# Photos that this person ever saw, or is about to see, in any study.
SEEN = text("""
    SELECT photo_id FROM session
    JOIN trial ON trial.session_id = session.session_id
    JOIN stimulus ON stimulus.stimulus_id = trial.stimulus_id
    WHERE participant_hash = :participant
""")

ADD_TRIAL = text("""
    INSERT INTO trial (trial_id, session_id, position, kind, stimulus_id, fake_side)
    VALUES (:trial_id, :session_id, :position, :kind, :stimulus_id, :fake_side)
""")


def insert_study(connection: Connection, study: StudyRow, stimuli: Sequence[StimulusRow]) -> bool:
    """Add a study with its stimuli -> whether it was added: nothing changes where there is one of its name."""
    added = connection.execute(_ADD_STUDY, vars(study)).rowcount == 1
    if added:
        connection.execute(_ADD_STIMULUS, [{"study_id": study.study_id, **vars(one)} for one in stimuli])
    return added
