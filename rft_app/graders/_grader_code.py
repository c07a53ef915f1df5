"""Settings of graders as plain Python with `grade(sample, item)`.

The code is that of `portable`, module by module, and the settings are JSON in it: what a dry run
calls and what the file calls are the same functions, so there is no second writing of a metric
that could come to differ.
"""

import ast
import inspect
from collections.abc import Iterable
from importlib import metadata
from types import ModuleType
from typing import Final

from rft_app.domain.grader import GraderSpec, JsonSchemaSpec, MultiSpec, TextSimilaritySpec
from rft_app.graders.portable import (
    formula,
    json_schema,
    lookup,
    multi,
    string_check,
    text_similarity,
    tool_calls,
)

SETTINGS: Final = "RFT_SPEC"
"""The name of the text that holds the settings."""
_MODULES: Final = {
    "string_check": (string_check,),
    "text_similarity": (text_similarity,),
    "json_schema": (json_schema,),
    "tool_calls": (tool_calls,),
    "multi": (formula, multi),
    "script": (),
}
_LIBRARIES: Final = {"bleu": "sacrebleu", "fuzzy_match": "rapidfuzz", "rouge_l": "rapidfuzz"}
"""What a metric needs."""
_HEAD: Final = '''"""A grader of RFT App ({label}) for TRL (`reward`) and verl (`compute_score`).

It needs {needs}.
The settings are `{settings}`; the code above them is the app's own.
"""

{imports}

'''
_TAIL: Final = """

RFT_SPEC = r'''
{settings}
'''


def rft_open(spec):
    # What grades by the settings of one grader.
    if spec["kind"] == "script":
        return rft_open_script(spec["source"])
    grade_kind = RFT_KINDS[spec["kind"]]
    return lambda sample, item: grade_kind(spec, sample, item)


def rft_open_script(source):
    # A script has names of its own, and its own copies of what it is given.
    names = {{"__name__": "grader"}}
    exec(compile(source, "<grader>", "exec"), names)

    def run(sample, item):
        return rft_read(names["grade"](copy.deepcopy(sample), copy.deepcopy(item)))

    return run


RFT_KINDS = {{
{kinds}}}
RFT_SETTINGS = json.loads(RFT_SPEC)
"""
_GRADE_ONE: Final = """\
RFT_GRADE = rft_open(RFT_SETTINGS)


def grade(sample, item):
    return RFT_GRADE(sample, item)
"""
_GRADE_ALL: Final = """\
RFT_PARTS = {name: rft_open(part) for name, part in RFT_SETTINGS["graders"].items()}


def grade(sample, item):
    return grade_multi(RFT_SETTINGS, RFT_PARTS, sample, item)
"""


def write_code(spec: GraderSpec) -> str:
    """The code of a grader that asks no model, up to its `grade`."""
    kinds = sorted({part.kind for part in _list_parts(spec)})
    wanted = [*kinds, "multi"] if isinstance(spec, MultiSpec) else kinds
    modules = [lookup, *(module for kind in wanted for module in _MODULES[kind])]
    libraries = _list_libraries(spec)
    imports, bodies = _join(modules)
    head = _HEAD.format(
        label=spec.kind.replace("_", " "),
        needs=_describe(libraries),
        settings=SETTINGS,
        imports="\n".join([*_merge(imports), *map(_import, libraries)]),
    )
    graded = "".join(f'    "{kind}": grade_{kind},\n' for kind in kinds if kind != "script")
    settings = spec.model_dump_json(indent=2).replace("'", "\\u0027")
    tail = _TAIL.format(settings=settings, kinds=graded)
    return f"{head}{bodies}\n{tail}" + (_GRADE_ALL if isinstance(spec, MultiSpec) else _GRADE_ONE)


def list_requirements(spec: GraderSpec) -> list[str]:
    """What the file of a grader imports beside the standard library, as pip takes it.

    Example:
        >>> spec = TextSimilaritySpec(reference="{{item.reference}}", metric="bleu")
        >>> [name.partition("==")[0] for name in list_requirements(spec)]
        ['sacrebleu']
    """
    return [_requirement(library) for library in _list_libraries(spec)]


def read_settings(source: str) -> str | None:
    """The settings in a file that `write_code` made; `None` where it has none.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It holds what Python does not read, e.g. a null character.
    """
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                if name == SETTINGS:
                    return text
            case _:
                pass
    return None


def _list_parts(spec: GraderSpec) -> list[GraderSpec]:
    return list(spec.graders.values()) if isinstance(spec, MultiSpec) else [spec]


def _list_libraries(spec: GraderSpec) -> list[str]:
    return sorted({name for part in _list_parts(spec) if (name := _library_of(part))})


def _library_of(spec: GraderSpec) -> str | None:
    if isinstance(spec, JsonSchemaSpec):
        return "jsonschema_rs"
    return _LIBRARIES.get(spec.metric) if isinstance(spec, TextSimilaritySpec) else None


def _describe(libraries: Iterable[str]) -> str:
    named = " ".join(map(_requirement, libraries))
    return f"these packages: `pip install {named}`" if named else "the standard library alone"


def _import(library: str) -> str:
    return f"import {library}  # pip install {_requirement(library)}"


def _requirement(library: str) -> str:
    name = library.replace("_", "-")
    return f"{name}=={metadata.version(name)}"


def _join(modules: Iterable[ModuleType]) -> tuple[list[ast.stmt], str]:
    """The imports, and all that follows them."""
    imports: list[ast.stmt] = []
    bodies: list[str] = []
    for module in modules:
        source = inspect.getsource(module)
        top = [
            one for one in ast.parse(source).body if isinstance(one, ast.Import | ast.ImportFrom)
        ]
        imports += top
        bodies.append("\n".join(source.splitlines()[top[-1].end_lineno :]).strip())
    return imports, "\n\n\n".join(bodies)


def _merge(imports: Iterable[ast.stmt]) -> list[str]:
    """Lines for the imports of the standard library, and of what the code around needs of it."""
    plain, names = {"copy", "json"}, dict[str, set[str]]()
    for one in imports:
        if isinstance(one, ast.Import):
            plain |= {alias.name for alias in one.names}
        elif isinstance(one, ast.ImportFrom) and one.module:
            names.setdefault(one.module, set()).update(alias.name for alias in one.names)
    own = plain - {"jsonschema_rs"}
    return [
        *(f"import {name}" for name in sorted(own)),
        *(
            f"from {module} import {', '.join(sorted(names[module]))}"
            for module in sorted(names)
            if not module.startswith("rft_app")
        ),
    ]
