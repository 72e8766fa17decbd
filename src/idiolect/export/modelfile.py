"""What stands beside the GGUF file: a Modelfile for Ollama, and a model card."""

from __future__ import annotations

import json

from idiolect.export.gguf_file import Report
from idiolect.fim import Family, has_holes
from idiolect.types import Model

_LICENCES = ("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "llama3", "llama3.1", "llama3.2", "other")


def modelfile(model: Model, family: Family) -> str:
    """A Modelfile whose template writes the same tokens in the same order as our server.

    With a suffix: the family's fill-in-the-middle prompt; else the conversation, where the family has one. Ollama reads special tokens
    out of content as well; our own server does not.
    """
    lines = [f"FROM ./{model.file}", f'TEMPLATE """{_template(family)}"""']
    lines += [f"PARAMETER stop {json.dumps(stop)}" for stop in family.stops]
    lines.append(f"PARAMETER num_ctx {model.context}")
    return "\n".join(lines) + "\n"


def _template(family: Family) -> str:
    hole = "{{ .Prompt }}"
    if has_holes(family):
        hole = f"{family.prefix}{{{{ .Prompt }}}}{family.suffix}{{{{ .Suffix }}}}{family.middle}"
    if family.chat is None:
        return f"{{{{ if .Suffix }}}}{hole}{{{{ else }}}}{{{{ .Prompt }}}}{{{{ end }}}}"
    chat = family.chat
    turn = f"{chat.before.format(role='{{ .Role }}')}{{{{ .Content }}}}{chat.after}"
    opening = chat.before.format(role="assistant")
    conversation = f"{chat.bos}{{{{ range .Messages }}}}{turn}{{{{ end }}}}{opening}"
    single = f"{chat.bos}{chat.before.format(role='user')}{{{{ .Prompt }}}}{chat.after}{opening}"
    return f"{{{{ if .Suffix }}}}{hole}{{{{ else if .Messages }}}}{conversation}{{{{ else }}}}{single}{{{{ end }}}}"


def card(model: Model, report: Report, licence: str) -> str:
    """A model card with Hugging Face front matter: where the file comes from, by digest, and what is in it."""
    shown = licence.lower() if licence.lower() in _LICENCES else "other"
    front = ["---", f"base_model: {json.dumps(model.base)}", f"license: {shown}", "library_name: gguf", "pipeline_tag: text-generation"]
    front += ["tags:", "- code", "- fill-in-the-middle", "- gguf", "- idiolect", "---"]
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.kinds.items()))
    rows = {
        "file": f"`{model.file}`, {report.bytes:,} bytes",
        "SHA-256": f"`{model.digest}`",
        "type": f"{model.type} (tensors: {kinds})",
        "base": f"{model.base}, digest `{model.base_digest}`",
        "adapter": f"LoRA, digest `{model.adapter_digest}`, merged into {report.adapted} tensors" if model.adapter_digest else "none",
        "token contract": model.family,
        "longest sequence": f"{model.context} tokens",
        "licence of the base": licence or "not stated in its folder",
    }
    what = "tuned on one team's code with idiolect" if model.adapter_digest else "a base model, packed by idiolect"
    lines = [*front, "", f"# {model.name}", "", f"{model.base}: {what}.", "", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in rows.items()]
    lines += ["", *(f"- fallback: {sentence}" for sentence in report.fallbacks)]
    lines += ["", "`Modelfile` is for Ollama; `parity.json` says how far this file is from the 16-bit one.", ""]
    if model.adapter_digest:
        lines += ["It was trained on private code and may repeat it: give it only to whom you would give that code.", ""]
    return "\n".join(lines)
