"""Reflex configuration: offline, no telemetry, one port in production."""

import os

import reflex as rx

from rft_app.ui.build import DevApiProxyPlugin, PortableOriginPlugin
from rft_app.ui.theme import TAILWIND

# `reflex run` in development serves pages and backend from two ports.
IS_DEVELOPMENT = os.environ.get("REFLEX_ENV_MODE") == "dev"

config = rx.Config(
    app_name="rft_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="dark",
    cors_allowed_origins=["*"] if IS_DEVELOPMENT else [],
    frontend_port=int(os.environ.get("RFT_PORT", "3000")),
    plugins=[
        rx.plugins.TailwindV4Plugin(TAILWIND),
        PortableOriginPlugin(),
        DevApiProxyPlugin(),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
