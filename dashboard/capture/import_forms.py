"""The forms of an import: the file, then the mapping of its columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from dashboard.design.inputs import offer
from leadflow import csvfile
from leadflow.csvfile import Head
from leads.intake.imports import mappings
from leads.models import Import

SAMPLES = 3
EXISTING = [("update", "Update them"), ("add", "Leave them as they are")]


class UploadForm(forms.Form):
    """Upload a CSV file."""

    file = forms.FileField(
        label="CSV file",
        help_text="With a header line; any usual delimiter and encoding; up to 20 MB.",
        allow_empty_file=True,  # `jobs.receive` refuses it with the reason
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )


class MappingForm(forms.Form):
    """Map each column to a field, and set the options for every row."""

    encoding = forms.ChoiceField(
        label="Encoding", error_messages={"required": "Choose the encoding in which the sample is readable."}
    )
    delimiter = forms.ChoiceField(label="Delimiter")
    existing = forms.ChoiceField(label="Known leads", choices=EXISTING)
    date_format = forms.ChoiceField(label="Dates are written as", choices=list(mappings.DATE_FORMATS.items()))
    system = forms.CharField(
        label="System of the external id",
        required=False,
        max_length=60,
        help_text="E.g. crm. Only if a column holds external ids.",
    )
    source = forms.CharField(
        label="Source of rows without one", required=False, max_length=80, help_text="Empty: none."
    )
    campaign = forms.CharField(
        label="Campaign of rows without one",
        required=False,
        max_length=120,
        help_text="Its code; an unknown code adds a campaign.",
    )

    def __init__(self, data: Any, *, batch: Import, head: Head) -> None:
        options = {name: value for name, value in batch.options.items() if value}
        initial = {"encoding": head.encoding, "delimiter": head.delimiter, **options}
        columns = {f"column_{position}": name for position, name in batch.mapping.items()}
        super().__init__(data, initial={**initial, **columns})
        self.head, self.width = head, len(batch.header)
        encodings = list(csvfile.ENCODINGS.items())
        offer(self, "encoding", encodings if head.encoding else [("", "Choose one"), *encodings])
        offer(self, "delimiter", [(sign, words.capitalize()) for sign, words in csvfile.DELIMITERS.items()])
        known = [("", "Leave out"), *mappings.fields(batch.workspace).items()]
        for position in range(self.width):
            name = batch.header[position] or f"Column {position + 1}"
            self.fields[f"column_{position}"] = forms.ChoiceField(label=name, choices=known, required=False)

    def columns(self) -> Iterator[tuple[BoundField, Sequence[str]]]:
        """Yield each column's field with the first values that it holds."""
        for position in range(self.width):
            values = [
                row[position].strip() for row in self.head.sample if len(row) > position and row[position].strip()
            ]
            yield self[f"column_{position}"], values[:SAMPLES]

    @property
    def mapping(self) -> dict[str, str]:
        """Return the mapped columns, in the shape of `leads.intake.imports`."""
        chosen = {str(position): self.cleaned_data[f"column_{position}"] for position in range(self.width)}
        return {position: name for position, name in chosen.items() if name}

    @property
    def options(self) -> dict[str, str]:
        """Return the options for every row."""
        names = ("existing", "date_format", "system", "source", "campaign")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
