"""Self-hosted fonts: the build bundles the files, nothing is loaded from elsewhere."""

import reflex as rx
from reflex_components_core.base.fragment import Fragment


class Fonts(Fragment):
    """Inter and JetBrains Mono, as variable fonts."""

    lib_dependencies: list[str] = [
        "@fontsource-variable/inter@5.3.0",
        "@fontsource-variable/jetbrains-mono@5.3.0",
    ]

    def add_imports(self) -> rx.ImportDict:
        """Bring both style sheets, which name the font files."""
        return {
            "": [
                "@fontsource-variable/inter/index.css",
                "@fontsource-variable/jetbrains-mono/index.css",
            ]
        }


fonts = Fonts.create
