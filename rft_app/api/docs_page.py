"""The reference at `/api/docs`: one page of plain HTML that loads nothing from anywhere."""

from html import escape
from itertools import groupby
from typing import Any

import orjson

Json = dict[str, Any]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>REST · {title}</title><style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
code, pre {{ font: 13px/1.5 ui-monospace, monospace; }}
pre {{ overflow-x: auto; padding: .75rem; border: 1px solid #8885; border-radius: 6px; }}
summary {{ cursor: pointer; padding: .35rem 0; }}
summary b {{ display: inline-block; width: 4.5rem; font: 600 13px ui-monospace, monospace; }}
table {{ border-collapse: collapse; }} td {{ padding: .15rem 1rem .15rem 0; vertical-align: top; }}
</style></head><body><h1>{title}</h1><p>{description}</p>
<p>For machines: <a href="/api/openapi.json">openapi.json</a></p>{body}</body></html>"""


def render_docs(document: Json) -> str:
    """The page for an OpenAPI document."""
    operations = [
        (operation, method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=lambda each: each[0].get("tags", [""])[0])
    sections = [
        f"<h2>{escape(tag.capitalize())}</h2>" + "".join(_operation(*each) for each in members)
        for tag, members in groupby(operations, key=lambda each: each[0].get("tags", [""])[0])
    ]
    schemas = document.get("components", {}).get("schemas", {})
    types = "".join(_details(name, _json(schema), name) for name, schema in schemas.items())
    return _PAGE.format(
        title=escape(document["info"]["title"]),
        description=escape(document["info"].get("description", "")),
        body="".join(sections) + f"<h2>Types</h2>{types}",
    )


def _operation(operation: Json, method: str, path: str) -> str:
    parts = [f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"]
    if parameters := operation.get("parameters"):
        parts.append(f"<table>{''.join(map(_parameter, parameters))}</table>")
    for label, content in (("Body", operation.get("requestBody")), ("Answer", _success(operation))):
        for media, value in (content or {}).get("content", {}).items():
            kind = _type(value["schema"]) if "schema" in value else ""
            parts.append(f"<p>{label}: <code>{escape(media)}</code> {kind}</p>")
    title = f"<b>{method.upper()}</b> <code>{escape(path)}</code>"
    return f"<details><summary>{title}</summary>{''.join(parts)}</details>"


def _success(operation: Json) -> Json | None:
    return next((r for code, r in operation["responses"].items() if code.startswith("2")), None)


def _parameter(parameter: Json) -> str:
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{_type(parameter['schema'])}</td>"
        f"<td>{escape(parameter.get('description', ''))}</td></tr>"
    )


def _type(schema: Json) -> str:
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if options := schema.get("anyOf"):
        return " or ".join(map(_type, options))
    if items := schema.get("items"):
        return f"list of {_type(items)}"
    if properties := schema.get("properties"):
        return f"with {', '.join(f'<code>{escape(name)}</code>' for name in properties)}"
    return escape(str(schema.get("type", "any")))


def _json(value: Json) -> str:
    return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _details(title: str, body: str, anchor: str) -> str:
    return (
        f'<details id="{escape(anchor)}"><summary><code>{escape(title)}</code></summary>'
        f"{body}</details>"
    )
