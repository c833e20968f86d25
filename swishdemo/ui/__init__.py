"""The page: one module a tab, each launchable alone; nothing else in the project knows Gradio."""
