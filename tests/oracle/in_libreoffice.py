"""Runs under the system's Python, which knows UNO: evaluates records of one workbook in LibreOffice.

usage: in_libreoffice.py WORKBOOK RECORDS.json RESULT.json

RECORDS holds `{"inputs": {name: [value per record]}}`, RESULT gets `{"outputs": {name: [value per record]}}`.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

TEXT_RESULT = 2
"""FormulaResult.STRING of the UNO API."""


def property_value(name, value):
    """One entry of a UNO argument list."""
    entry = PropertyValue()
    entry.Name, entry.Value = name, value
    return entry


class Office:
    """A headless LibreOffice with a profile of its own."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory()
        pipe = "execd-oracle-" + Path(self.profile.name).name
        arguments = ["--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"]
        profile = f"-env:UserInstallation=file://{self.profile.name}"
        self.process = subprocess.Popen(["soffice", profile, *arguments], stdout=subprocess.DEVNULL)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        self.desktop = self.connect(resolver, f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        return self

    def connect(self, resolver, url):
        """The desktop service, as soon as the office has started."""
        deadline = time.monotonic() + 60
        while True:
            try:
                context = resolver.resolve(url)
                return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            except NoConnectException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def __exit__(self, *_):
        self.desktop.terminate()
        self.process.wait(60)
        self.profile.cleanup()

    def open(self, path):
        """The spreadsheet document in a file."""
        url = uno.systemPathToFileUrl(str(Path(path).resolve()))
        return self.desktop.loadComponentFromURL(url, "_blank", 0, (property_value("Hidden", value=True),))


def named_cell(document, name):
    """The cell behind a defined name."""
    return document.NamedRanges.getByName(name).getReferredCells().getCellByPosition(0, 0)


def write(cell, value):
    """Puts a number, a truth value or a text into an input cell."""
    if isinstance(value, str):
        cell.setString(value)
    else:
        cell.setValue(float(value))


def read(cell):
    """The value of an output cell; an error stops everything, as no reference record has one."""
    if cell.getError():
        raise ValueError(f"{cell.AbsoluteName}: {cell.getString()}")
    return cell.getString() if cell.FormulaResultType2 == TEXT_RESULT else cell.getValue()


def evaluate(document, inputs):
    """Sets the inputs record by record and recalculates everything each time."""
    document.enableAutomaticCalculation(False)  # noqa: FBT003
    names = [name for name in document.NamedRanges.ElementNames if name.startswith("Xoutput_")]
    targets = {name[len("Xoutput_") :]: named_cell(document, name) for name in names}
    sources = [(named_cell(document, f"Xinput_{name}"), values) for name, values in inputs.items()]
    outputs = {name: [] for name in targets}
    for i in range(len(sources[0][1])):
        for cell, values in sources:
            write(cell, values[i])
        document.calculateAll()
        for name, cell in targets.items():
            outputs[name].append(read(cell))
    return outputs


def main():
    """Evaluates the records of one workbook."""
    workbook, records, result = sys.argv[1:]
    inputs = json.loads(Path(records).read_text("utf-8"))["inputs"]
    with Office() as office:
        outputs = evaluate(office.open(workbook), inputs)
    Path(result).write_text(json.dumps({"outputs": outputs}), "utf-8")


if __name__ == "__main__":
    main()
