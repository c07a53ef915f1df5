"""The look: design tokens named for Tailwind, and the class names that components share.

`assets/tokens.css` holds the raw values; here every value gets the one name it is used by.
Class names must be literal, Tailwind reads them from the compiled pages.
"""

from reflex_base.plugins.shared_tailwind import TailwindConfig

_COLORS = {
    "ground": "bg",
    "surface-1": "surface-1",
    "surface-2": "surface-2",
    "surface-3": "surface-3",
    "inset": "inset",
    "node": "node",
    "node-line": "node-line",
    "line": "line",
    "line-strong": "line-strong",
    "hover": "hover",
    "press": "press",
    "scrim": "scrim",
    "ink": "text",
    "ink-2": "text-2",
    "ink-3": "text-3",
    "ink-off": "text-off",
    "accent": "accent",
    "accent-hover": "accent-hover",
    "on-accent": "on-accent",
    "accent-text": "accent-text",
    "accent-soft": "accent-soft",
    "accent-line": "accent-line",
    "bad-fill": "bad-fill",
    "on-bad": "on-bad",
    **{
        name: name
        for status in ("ok", "info", "warn", "bad", "gen")
        for name in (status, f"{status}-soft", f"{status}-line")
    },
    **{name: name for name in ("c0", "c1", "c2", "c3", "c4", "c5", "c6")},
    **{name: name for name in ("syn-key", "syn-str", "syn-num", "syn-punc", "syn-kw")},
}

TAILWIND: TailwindConfig = {
    "theme": {
        "extend": {
            "colors": {name: f"var(--{token})" for name, token in _COLORS.items()},
            "fontFamily": {"sans": "var(--sans)", "mono": "var(--mono)"},
            "fontSize": {
                "label": ["11px", {"lineHeight": "16px"}],
                "small": ["12px", {"lineHeight": "18px"}],
                "body": ["13px", {"lineHeight": "20px"}],
                "title": ["15px", {"lineHeight": "22px"}],
                "page": ["18px", {"lineHeight": "26px"}],
                "figure": ["26px", {"lineHeight": "32px"}],
            },
            "borderRadius": {"badge": "4px", "control": "6px", "card": "8px", "modal": "12px"},
            "boxShadow": {
                "float": "var(--shadow-2)",
                "modal": "var(--shadow-3)",
                "glow": "var(--glow)",
                "sheen": "var(--sheen)",
                "focus": "var(--focus)",
            },
            "screens": {"wide": "721px", "desk": "1200px"},
            "transitionDuration": {
                "fast": "var(--t-fast)",
                "mid": "var(--t-mid)",
                "slow": "var(--t-slow)",
            },
            "transitionTimingFunction": {"ours": "var(--ease)"},
            "zIndex": {"bar": "5", "phonebar": "10", "scrim": "20", "modal": "21", "toast": "50"},
        }
    }
}
"""Tailwind's configuration: `wide:` is above phones, `max-wide:` is phones, `desk:` has room for
two columns in a modal."""

ROW = "flex items-center gap-2 min-w-0"
COLUMN = "flex flex-col min-w-0"
CUT = "overflow-hidden text-ellipsis whitespace-nowrap min-w-0"
ONLY_WIDE = "max-wide:hidden"
ONLY_PHONE = "wide:hidden"

LABEL = "text-label font-medium text-ink-3"
SECONDARY = "text-small text-ink-2"
WITNESS = "text-small text-ink-3"
"""The small print beside a figure: its n, its rule, its division."""
PAGE_TITLE = "text-page font-semibold tracking-[-0.012em]"
CARD_TITLE = "text-title font-semibold tracking-[-0.008em]"
SECTION_TITLE = "text-body font-semibold"
FIGURE = "text-figure font-semibold tracking-[-0.02em] tabular-nums"
NUMBER = "tabular-nums text-right"
LINK = "text-accent-text font-medium hover:underline underline-offset-[3px] cursor-pointer"
CODE = "font-mono text-[12px] leading-[19px] text-ink-2 bg-inset rounded-control"

CARD = "bg-surface-1 border border-line rounded-card min-w-0"
CARD_HEADER = "flex items-center gap-2 min-h-10 px-3.5 border-b border-line"
CARD_BODY = "p-3.5"
TABLE = "w-full border-collapse text-left"
TABLE_HEAD = "h-[30px] px-2.5 text-label font-medium text-ink-3 border-b border-line"
TABLE_CELL = "h-9 px-2.5 border-b border-line align-middle"

BUTTON = (
    "inline-flex items-center justify-center gap-[7px] rounded-control border font-medium"
    " whitespace-nowrap cursor-pointer select-none transition-colors duration-fast"
    " disabled:opacity-45 disabled:cursor-not-allowed aria-disabled:opacity-45"
    " aria-disabled:cursor-not-allowed [&>svg]:shrink-0"
)
BUTTON_VARIANTS = {
    "default": (
        "border-line-strong bg-surface-2 text-ink shadow-sheen hover:bg-surface-3"
        " hover:border-ink-off [&>svg]:text-ink-3"
    ),
    "primary": (
        "border-transparent bg-accent text-on-accent font-semibold shadow-sheen"
        " hover:bg-accent-hover disabled:hover:bg-accent"
    ),
    "ghost": (
        "border-transparent bg-transparent text-ink-2 hover:bg-hover hover:text-ink"
        " [&>svg]:text-ink-3"
    ),
    "danger": "border-line-strong bg-surface-2 text-bad shadow-sheen hover:border-bad-line",
    "destroy": "border-transparent bg-bad-fill text-on-bad font-semibold",
}
BUTTON_SIZES = {
    "sm": "h-7 px-[9px] text-small gap-1.5 max-wide:h-9",
    "md": "h-8 px-3 max-wide:h-10",
    "lg": "h-9 px-4 max-wide:h-11",
}
ICON_BUTTON_SIZES = {
    "sm": "h-7 w-7 max-wide:h-10 max-wide:w-10",
    "md": "h-8 w-8 max-wide:h-11 max-wide:w-11",
}

TONES = {
    "neutral": "text-ink-2 bg-press",
    "ok": "text-ok bg-ok-soft",
    "info": "text-info bg-info-soft",
    "warn": "text-warn bg-warn-soft",
    "bad": "text-bad bg-bad-soft",
    "gen": "text-gen bg-gen-soft",
    "accent": "text-accent-text bg-accent-soft",
    "line": "text-ink-2 shadow-[inset_0_0_0_1px_var(--line-strong)]",
}
NOTICES = {
    "neutral": "bg-surface-2 border-line [&>svg]:text-ink-3",
    "ok": "bg-ok-soft border-ok-line [&>svg]:text-ok",
    "info": "bg-info-soft border-info-line [&>svg]:text-info",
    "warn": "bg-warn-soft border-warn-line [&>svg]:text-warn",
    "bad": "bg-bad-soft border-bad-line [&>svg]:text-bad",
}

INPUT = (
    "flex items-center gap-2 min-h-8 px-2.5 rounded-control border border-line-strong"
    " bg-inset text-ink transition-colors duration-fast hover:border-ink-off"
    " focus-within:border-accent-text focus-within:shadow-glow [&>svg]:text-ink-3"
    " max-wide:min-h-10 has-[[aria-invalid=true]]:border-bad-line"
)
INPUT_ELEMENT = (
    "grow min-w-0 bg-transparent border-0 p-0 text-body text-ink outline-none shadow-none"
    " focus-visible:shadow-none max-wide:text-[16px]"
)
RADIO = (
    "appearance-none w-4 h-4 m-0 shrink-0 rounded-full border border-ink-off bg-inset"
    " cursor-pointer checked:border-[5px] checked:border-accent"
)
SEGMENTED = (
    "inline-flex p-0.5 rounded-control bg-inset shadow-[inset_0_0_0_1px_var(--line)]"
    " max-w-full overflow-x-auto [scrollbar-width:none]"
)
SEGMENT = (
    "h-7 px-2.5 inline-flex items-center gap-1.5 rounded-badge text-small font-medium text-ink-2"
    " whitespace-nowrap hover:text-ink aria-checked:bg-surface-3 aria-checked:text-ink"
    " aria-checked:shadow-[0_0_0_1px_var(--line-strong)] max-wide:h-10"
)
TAB = (
    "h-[38px] inline-flex items-center gap-1.5 text-ink-3 font-medium hover:text-ink"
    " aria-selected:text-ink aria-selected:shadow-[inset_0_-2px_0_var(--accent-text)]"
    " max-wide:h-11"
)


def classes(*names: str) -> str:
    """Join class names, leaving out empty ones."""
    return " ".join(name for name in names if name)
