"""What the results page shows: progress while a study is open."""

from html import escape

from colorgan.web.study.studies import Studies


def results_body(studies: Studies, study_id: str | None) -> str:
    """The page's main part: of one study, or of all."""
    shown = [study for study in studies if study_id in (None, study.row.study_id)]
    rows = []
    for study in shown:
        progress = study.progress()
        rows.append(f"<li>{escape(study.row.study_id)}: {progress.answers} answers, {progress.finished} finished</li>")
    return f"<h1>Results</h1><ul>{''.join(rows)}</ul>"
