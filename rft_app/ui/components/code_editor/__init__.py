"""The code editor: CodeMirror 6, bundled from npm and loaded only where it is shown."""

import reflex as rx

_JSX = rx.asset("code_editor.jsx", shared=True)


class CodeEditor(rx.NoSSRComponent):
    """An editor for code and prompts that follows the theme.

    Changes arrive a moment after the last key, so that typing costs no round trip per letter.
    Esc leaves the editor (a second Esc closes the dialog); Tab indents.
    """

    library = _JSX.importable_path
    tag = "CodeEditor"
    lib_dependencies: list[str] = [
        "@uiw/react-codemirror@4.25.12",
        "@codemirror/commands@6.11.0",
        "@codemirror/lang-python@6.2.1",
        "@codemirror/language@6.13.1",
        "@codemirror/lint@6.9.8",
        "@lezer/highlight@1.2.5",
    ]

    value: rx.Var[str]
    label: rx.Var[str]
    """Its name for screen readers."""
    language: rx.Var[str]
    """`template` for prompts with places in double braces, `plain` for text; else Python."""
    error_line: rx.Var[int]
    """Line of the fault to mark, from 1; 0 for none."""
    error_column: rx.Var[int]
    """Column of the fault, from 1."""
    error_message: rx.Var[str]
    wraps: rx.Var[bool]
    """Whether long lines go on in the next."""
    on_change: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_save: rx.EventHandler[rx.event.no_args_event_spec]
    """Ctrl S or ⌘S."""
    on_run: rx.EventHandler[rx.event.no_args_event_spec]
    """Ctrl Enter or ⌘Enter."""


code_editor = CodeEditor.create
