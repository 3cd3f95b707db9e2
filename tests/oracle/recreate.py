"""Recreates the reference values of the five benchmark workbooks with LibreOffice: `make oracle`.

Writes tests/oracle/<model>.parquet: columns `in.<input>` and `out.<output>`, one row per record; the file's
metadata name the program, its version, the date and the seed. Where exact.py knows better than LibreOffice,
the file holds the exact value and waivers.json says so.

Installs LibreOffice from the Debian packages if there is none.
"""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "benches" / "models"))

from build_models import MODELS  # noqa: E402
from exact import EXACT  # noqa: E402
from records import records  # noqa: E402

COUNT = 2_000
SEED = 20261122
REASON = "LibreOffice is off on a decimal tie: Excel rounds the decimal of 15 digits"
PACKAGES = ["libreoffice-calc", "python3-uno"]


def install_libreoffice() -> None:
    """Installs LibreOffice and its Python bridge unless both are there."""
    has_bridge = subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False)
    if shutil.which("soffice") and has_bridge.returncode == 0:
        return
    root = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*root, "apt-get", "update", "-q"], check=True)
    subprocess.run([*root, "apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES], check=True)


def evaluate(workbook: Path, inputs: pa.Table) -> dict[str, list[Any]]:
    """The outputs that LibreOffice calculates for every record."""
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        request.write_text(json.dumps({"inputs": inputs.to_pydict()}), "utf-8")
        # The system's Python: the bridge to LibreOffice is built for no other.
        script = HERE / "in_libreoffice.py"
        subprocess.run(["/usr/bin/python3", str(script), str(workbook), str(request), str(answer)], check=True)
        outputs: dict[str, list[Any]] = json.loads(answer.read_text("utf-8"))["outputs"]
        return outputs


def correct(model: str, inputs: pa.Table, outputs: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Puts exact values in place of LibreOffice's where they differ, and lists them."""
    if model not in EXACT:
        return []
    waivers = []
    for i, record in enumerate(inputs.to_pylist()):
        for name, value in EXACT[model](record).items():
            given = outputs[name][i]
            if abs(given - value) > 1e-9 * abs(value):
                waiver = {"record": i, "output": name, "libreoffice": given, "exact": value}
                waivers.append(waiver | {"reason": REASON})
                outputs[name][i] = value
    return waivers


def main() -> None:
    """Recreates all reference files."""
    install_libreoffice()
    version = subprocess.run(["soffice", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    waivers = {}
    for model, build in MODELS.items():
        inputs = records(model, COUNT, SEED)
        with tempfile.TemporaryDirectory() as folder:
            workbook = Path(folder, f"{model}.xlsx")
            built = build()
            built.save(workbook)
            values = evaluate(workbook, inputs)
        outputs = {name: values[name] for name, _kind in built.outputs}
        waivers[model] = correct(model, inputs, outputs)
        table = pa.table(
            {f"in.{name}": inputs[name] for name in inputs.column_names}
            | {f"out.{name}": column for name, column in outputs.items()}
        )
        about = {
            "oracle": f"{version}, full recalculation",
            "date": str(dt.datetime.now(dt.UTC).date()),
            "seed": str(SEED),
        }
        pq.write_table(table.replace_schema_metadata(about), HERE / f"{model}.parquet", compression="zstd")
        sys.stdout.write(f"{model}: {COUNT} records, {len(waivers[model])} values corrected\n")
    (HERE / "waivers.json").write_text(json.dumps(waivers, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
