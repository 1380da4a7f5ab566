"""An id that is replaced in its own place stands nowhere else in a copy, whatever scheme replaced it."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import h5py
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pydicom
import pytest
from openpyxl.comments import Comment
from pydicom import dcmread

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action
from biodesci.inspection.deidentify.ids import Ids
from tests.backend.inspection.deidentify.copies import copied, rows

MRN = "4800003"
NUMBERS = [f"{4800000 + number}" for number in range(60)]
SAMPLE = Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small.dcm"


def people(root: Path) -> None:
    root.mkdir(exist_ok=True)
    (root / "people.csv").write_text("patient_id,sex\n" + "".join(f"{id_},f\n" for id_ in NUMBERS))


def observation(**fields: object) -> dict[str, object]:
    coded = {"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [coded]},
        **fields,
    }


def written(root: Path) -> str:
    """All names and bytes of a folder, as text."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return "\n".join(f"{path.relative_to(root)}\n{path.read_bytes().decode('latin-1')}" for path in files)


def test_ids_of_a_table_stand_in_no_resource_and_no_image(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    given = observation(
        subject={"reference": "Patient/a"},
        valueCodeableConcept={"coding": [{"system": "urn:x", "code": "A", "display": f"see {MRN}"}]},
        component=[{"code": {"coding": [{"code": f"K-{MRN}"}]}, "valueInteger": int(MRN)}],
        valueQuantity={"value": 12.5, "unit": "g/dL", "code": "g/dL"},
    )
    (root / "labs.ndjson").write_text(json.dumps(given) + "\n")
    image = dcmread(SAMPLE)
    image.ImageType, image.ProtocolName = ["ORIGINAL", f"P{MRN}"], "T1"
    image.Manufacturer = f"built for {MRN}"
    image.save_as(root / "image.dcm")
    mends = copied(root, copy)
    assert MRN not in written(copy)
    resource = json.loads((copy / "labs.ndjson").read_text())
    assert resource["valueQuantity"] == {"value": 12.5, "unit": "g/dL", "code": "g/dL"}
    assert resource["code"]["coding"][0]["display"] == "Hemoglobin"
    assert resource["valueCodeableConcept"]["coding"] == [{"system": "urn:x", "code": "A"}]
    (made,) = copy.glob("*.dcm")
    assert dcmread(made).pixel_array.tolist() == image.pixel_array.tolist()
    places = {mend.place for mend in mends if mend.reason.startswith("ids of persons stand in it")}
    assert places >= {"Observation.component.valueInteger", "tag (0008,0070) Manufacturer"}


def test_ids_of_resources_and_of_images_stand_in_no_table(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    root.mkdir()
    patient = {"resourceType": "Patient", "id": "pat-quixw", "identifier": [{"value": "4711471147"}]}
    other = observation(subject={"reference": "https://x.example/fhir/Patient/pat-zulu7"})
    (root / "z.ndjson").write_text("\n".join(map(json.dumps, (patient, other))))
    image = dcmread(SAMPLE)
    image.PatientID = "MR4900001"
    image.save_as(root / "z.dcm")
    values = ["a", "Pat-Quixw", "4711471147", "pat-zulu7", "mr4900001", *"bcdefgh"]
    lines = "".join(f"{value},{10 + i}\n" for i, value in enumerate(values))
    (root / "a.csv").write_text("x7,hb\n" + lines)
    (root / "pat-quixw notes.csv").write_text("hb,na\n12,140\n13,141\n11,139\n")
    copied(root, copy)
    text = written(copy).lower()
    assert not any(id_ in text for id_ in ("quixw", "4711471147", "zulu7", "mr4900001"))
    made = [row["x7"] for row in rows(copy / "a.csv")]
    assert [made[0], *made[5:]] == ["a", *"bcdefgh"]
    assert made[4].startswith("p")
    (image_copy,) = copy.glob("*.dcm")
    assert dcmread(image_copy).PatientID.startswith("p")


def database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE tubes (label TEXT, ml REAL)")
        made.executemany("INSERT INTO tubes VALUES (?, 1.5)", [(f"T{id_}b",) for id_ in NUMBERS[:5]])
        made.commit()


def matrix(path: Path) -> None:
    with h5py.File(path, "w") as made:
        made["values"] = [1.0, 2.0]
        made["values"].attrs["note"] = f"run {MRN}x"


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{MRN}.csv", "hb,na\n12,140\n13,141\n11,139\n")


def note(path: Path) -> None:
    path.write_text(f"The third one ({MRN}) dropped out.\n")


def sequence(path: Path) -> None:
    path.write_text(f">{MRN}\nACGTACGTACGTACGTACGTACGT\n")


@pytest.mark.parametrize("make", [database, matrix, archive, note, sequence])
def test_what_is_copied_as_it_is_and_holds_an_id_refuses_the_copy(tmp_path: Path, make) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    make(root / "more")
    with pytest.raises(InputError, match=r"File 1 by name: .*") as refused:
        copied(root, copy)
    assert MRN not in refused.value.message
    assert not copy.exists()


def test_what_holds_no_id_is_copied_byte_by_byte(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    (root / "README").write_text("Values are in 14800003 and 4800003.25 units.\n")
    with closing(sqlite3.connect(root / "tubes.db")) as made:
        made.execute("CREATE TABLE tubes (ml REAL)")
        made.executemany("INSERT INTO tubes VALUES (?)", [(1.5,), (2.5,)])
        made.commit()
    table = pa.table({"hb": [12.5] * 30})
    pq.write_table(table, root / "a.parquet")
    pq.write_table(table.replace_schema_metadata({"note": f"of {MRN}"}), root / "b.parquet")
    (root / "c.csv.gz").write_bytes(gzip.compress(b"hb,na\n12,140\n13,141\n11,139\n"))
    copied(root, copy)
    for name in ("README", "tubes.db", "a.parquet", "c.csv.gz"):
        assert (copy / name).read_bytes() == (root / name).read_bytes()
    assert pq.read_table(copy / "b.parquet").equals(table)
    assert MRN.encode() not in (copy / "b.parquet").read_bytes()


def test_gzip_loses_the_name_that_it_keeps(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    plain = b"hb,na\n12,140\n13,141\n11,139\n"
    with (root / "a.gz").open("wb") as raw, gzip.GzipFile(f"{MRN}.csv", "wb", fileobj=raw) as packed:
        packed.write(plain)
    copied(root, copy)
    assert MRN.encode() not in (copy / "a.gz").read_bytes()
    assert gzip.decompress((copy / "a.gz").read_bytes()) == plain


def omop(root: Path) -> Path:
    root.mkdir()
    ids = range(319_800, 319_860)
    (root / "person.csv").write_text(
        "person_id,gender_concept_id,person_source_value\n" + "".join(f"{i},8507,W{i}x\n" for i in ids)
    )
    (root / "condition_occurrence.csv").write_text(
        "condition_occurrence_id,person_id,condition_concept_id,condition_source_value,stop_reason\n"
        + "".join(f"{i - 319_000},{i},319835,I50.{i % 9},{'W319812x' if i == 319_840 else ''}\n" for i in ids)
    )
    (root / "measurement.csv").write_text(
        "measurement_id,person_id,value_as_number\n" + "".join(f"{i},{i},319835\n" for i in ids)
    )
    (root / "concept.csv").write_text(
        "concept_id,concept_name,concept_code\n"
        "319835,Congestive heart failure,42343007\n319844,Ischemia,414\n"
    )
    (root / "links.csv").write_text("x7,hb\n" + "".join(f"{i},{i % 7}\n" for i in ids))
    return root


def test_persons_of_the_common_data_model_stand_nowhere_else_and_concepts_stay(tmp_path: Path) -> None:
    source, copy = omop(tmp_path / "in"), tmp_path / "out"
    mends = copied(source, copy)
    ids = [row["person_id"] for row in rows(copy / "person.csv")]
    conditions = rows(copy / "condition_occurrence.csv")
    assert [row["person_id"] for row in conditions] == ids
    assert {row["condition_concept_id"] for row in conditions} == {"319835"}
    assert "W3198" not in written(copy)
    assert {row["value_as_number"] for row in rows(copy / "measurement.csv")} == {"319835"}
    assert (copy / "concept.csv").read_bytes() == (source / "concept.csv").read_bytes()
    assert [row["x7"] for row in rows(copy / "links.csv")] == ids
    assert ("column 'x7'", Action.REPLACED) in {(mend.place, mend.action) for mend in mends}


def bids(root: Path) -> Path:
    (root / "phenotype").mkdir(parents=True)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "S", "BIDSVersion": "1.9.0"}))
    (root / "README").write_text("sub-kv7001 moved\n")
    (root / "CHANGES").write_text("1.0 kv7001 was added\n")
    labels = ("kv7001", "kv7002", "kv7003")
    people = "".join(f"sub-{label}\tF\t480000{i}\n" for i, label in enumerate(labels))
    (root / "participants.tsv").write_text(f"participant_id\tsex\tmrn\n{people}")
    pairs = (f"sub-{label}\t{labels[i - 1]}\tfunc/sub-{label}.nii\n" for i, label in enumerate(labels))
    (root / "phenotype" / "pairs.tsv").write_text("participant_id\tx7\tfile\n" + "".join(pairs))
    (root / "phenotype" / "scan_4800002.tsv").write_text("hb\tna\n12\t140\n13\t141\n11\t139\n")
    for label in labels:
        folder = root / f"sub-{label}" / "func"
        folder.mkdir(parents=True)
        sidecar = {"RepetitionTime": 2.5, "Instructions": "for kv7002", "Number": 4800001,
                   "Of": {f"sub-{label}": 1, "kv7003": 2}}  # fmt: skip
        (folder / f"sub-{label}_task-rest_physio.json").write_text(json.dumps(sidecar))
        packed = folder / f"sub-{label}_task-rest_physio.tsv.gz"
        with packed.open("wb") as raw, gzip.GzipFile(packed.name[:-3], "wb", fileobj=raw) as stream:
            stream.write(b"1.5\t2.5\n1.6\t2.6\n" * 20)
    return root


def test_participants_of_a_bids_folder_stand_in_no_name_text_or_sidecar(tmp_path: Path) -> None:
    source, copy = bids(tmp_path / "in"), tmp_path / "out"
    mends = copied(source, copy)
    text = written(copy)
    assert not any(id_ in text for id_ in ("kv7001", "kv7002", "kv7003", "480000"))
    assert not (copy / "CHANGES").exists()
    moved, readme = rows(copy / "participants.tsv", "\t"), (copy / "README").read_text()
    assert moved[0]["participant_id"] in readme
    pairs = rows(copy / "phenotype" / "pairs.tsv", "\t")
    labels = [row["participant_id"].removeprefix("sub-") for row in moved]
    assert [row["x7"] for row in pairs] == [labels[-1], *labels[:-1]]
    assert [row["file"] for row in pairs] == [f"func/sub-{label}.nii" for label in labels]
    sidecar = copy / f"sub-{labels[0]}" / "func" / f"sub-{labels[0]}_task-rest_physio.json"
    assert json.loads(sidecar.read_text()) == {"RepetitionTime": 2.5, "Of": {f"sub-{labels[0]}": 1}}
    assert ("texts such as README", Action.LEFT_OUT) in {(mend.place, mend.action) for mend in mends}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_texts_of_a_bids_folder_are_read_in_their_encoding(tmp_path: Path, encoding: str) -> None:
    source, copy = bids(tmp_path / "in"), tmp_path / "out"
    for name in ("README", "CHANGES"):
        text = (source / name).read_text()
        (source / name).write_bytes(text.encode(encoding))
    codes = "code\tmeaning\n1\tsüß\n2\tbitter\n".encode("latin-1")
    (source / "phenotype" / "tastes.tsv").write_bytes(codes)
    copied(source, copy)
    moved = rows(copy / "participants.tsv", "\t")
    assert (copy / "README").read_text() == f"{moved[0]['participant_id']} moved\n"
    assert not (copy / "CHANGES").exists()
    assert (copy / "phenotype" / "tastes.tsv").read_bytes() == codes


def test_no_file_of_a_copy_takes_the_place_of_another(tmp_path: Path) -> None:
    root, copy = tmp_path / "in", tmp_path / "out"
    root.mkdir()
    for name, site in (("0 Anna Weber.csv", "a"), ("000001.csv", "b"), ("000002.csv", "c")):
        (root / name).write_text(f"site,hb\n{site},12\n{site},13\n")
    copied(root, copy)
    made = sorted(copy.iterdir())
    assert [rows(path)[0]["site"] for path in made] == ["b", "c", "a"]
    assert "Weber" not in written(copy)


def test_long_numbers_are_looked_through_in_a_time_that_grows_with_them() -> None:
    ids = Ids()
    ids.add(["4800000"])
    started = time.process_time()
    assert not ids.within(f"0.{'1' * 100_000}x")  # 30 s, where each digit is given back
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("text", "is_within"),
    [
        ("0.4800000 and 4800000.5", False),
        ("1.2.840.4800000.5", True),
        ("PAT.4800000", True),
        ("seen 4800000.", True),
        ("x4800000.5", True),
    ],
)
def test_a_number_with_decimals_is_no_id(text: str, is_within: bool) -> None:
    ids = Ids()
    ids.add(["4800000"])
    assert ids.within(text) is is_within


def test_fields_with_others_within_go_where_they_are_called_by_an_id(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    lists = {MRN: [{"hb": 12}, {"hb": 13}], "values": [{"hb": 14}], "of": {f"p{MRN}": {"hb": 1}}}
    (root / "labs.json").write_text(json.dumps(lists))
    copied(root, copy)
    assert json.loads((copy / "labs.json").read_text()) == {"values": [{"hb": 14}]}


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_columns_that_are_called_by_ids_get_their_pseudonyms(tmp_path: Path, kind: str) -> None:
    """As the samples of an expression matrix."""
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    genes = [{"gene": f"G{i % 7}", **{id_: i + at for at, id_ in enumerate(NUMBERS[:4])}} for i in range(30)]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(genes), root / "genes")
    elif kind == "json":
        (root / "genes").write_text("\n".join(map(json.dumps, genes)))
    else:
        lines = [",".join(map(str, row.values())) for row in genes]
        (root / "genes").write_text("\n".join([",".join(genes[0]), *lines]) + "\n")
    mends = copied(root, copy)
    assert not any(id_ in written(copy) for id_ in NUMBERS)
    ids = [row["patient_id"] for row in rows(copy / "people.csv")]
    made: list[dict[str, object]]
    if kind == "parquet":
        made = pq.read_table(copy / "genes").to_pylist()
    elif kind == "json":
        made = [json.loads(line) for line in (copy / "genes").read_text().splitlines()]
    else:
        made = [dict(row) for row in rows(copy / "genes")]
    assert list(made[0]) == ["gene", *ids[:4]]
    assert [int(str(value)) for value in list(made[29].values())[1:]] == [29, 30, 31, 32]
    assert not any(MRN in str(mend) for mend in mends)


def test_a_word_for_nobody_is_no_id() -> None:
    ids = Ids()
    ids.add(["unknown", "Anonymous", "4800000"])
    assert ids.same("Unknown") is None
    assert not ids.within("an anonymous donor, unknown")


def test_one_file_by_itself_is_looked_through_as_well(tmp_path: Path) -> None:
    image = dcmread(SAMPLE)
    image.PatientID, image.Manufacturer = "MR4900001", "mr4900001, GE"
    image.save_as(tmp_path / "in.dcm")
    copied(tmp_path / "in.dcm", tmp_path / "out.dcm")
    assert b"4900001" not in (tmp_path / "out.dcm").read_bytes()
    shutil.copyfile(SAMPLE, tmp_path / "plain.dcm")
    copied(tmp_path / "plain.dcm", tmp_path / "out2.dcm", Declared())
    assert dcmread(tmp_path / "out2.dcm").Manufacturer == dcmread(SAMPLE).Manufacturer


def test_a_workbook_whose_remark_is_an_id_is_written_without_remarks(tmp_path: Path) -> None:
    root, copy = tmp_path / "study", tmp_path / "out"
    people(root)
    book = openpyxl.Workbook()
    for row in (("hb", "arm"), *((number % 7, number % 3) for number in range(60))):
        book.active.append(row)
    book.active["A2"].comment = Comment(MRN, "Ward 3")
    book.save(root / "book.xlsx")
    copied(root, copy)
    assert [path.name for path in (copy / "book.xlsx").iterdir()] == ["sheet 1.csv"]
    assert MRN not in written(copy)


@pytest.mark.parametrize(
    "text", ["４８０００００", "siehe ４８０００００.", "P‑４８００", "seen by p\u2011４８００"]
)
def test_an_id_in_other_digits_and_dashes_is_the_same(text: str) -> None:
    ids = Ids()
    ids.add(["4800000", "P-4800"])
    assert ids.within(text) or ids.same(text)
