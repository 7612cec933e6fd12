"""The pages: colorize, and what will stand beside it. They own no logic; Gradio is imported when `server` is."""
