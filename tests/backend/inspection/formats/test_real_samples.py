"""Whole inspections of real files: those without people in them don't stop, those with people do."""

from __future__ import annotations

import zipfile
from pathlib import Path

import anndata
import nibabel
import numpy as np
import pandas as pd
import pydicom
import pysam
import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.formats import FORMATS
from biodesci.inspection.inspect import inspect

DICOM = Path(pydicom.__file__).parent / "data" / "test_files"
NIFTI = Path(nibabel.__file__).parent / "tests" / "data"
COMMAND = (
    "gatk HaplotypeCaller --input sample1.bam --output out.vcf --reference Homo_sapiens_assembly38.fasta"
    " --emit-ref-confidence GVCF --min-base-quality-score 10 --native-pair-hmm-threads 4"
)


@pytest.mark.parametrize(
    "path",
    [
        DICOM / "693_J2KI.dcm",  # of a public set that was de-identified
        NIFTI / "anatomical.nii",
        NIFTI / "functional.nii",
    ],
    ids=lambda path: path.name,
)
def test_public_files_do_not_stop(path) -> None:
    assert [str(finding) for finding in inspect(path).of(Level.STOP)] == []


def test_what_laboratories_write_every_day_does_not_stop(tmp_path) -> None:
    header = {
        "HD": {"VN": "1.6"},
        "SQ": [{"SN": "chr1", "LN": 248956422}],
        "RG": [{"ID": "L001", "SM": "S01", "LB": "lib1", "PL": "ILLUMINA", "PU": "HXXX.1"}],
        "PG": [{"ID": "bwa", "PN": "bwa", "VN": "0.7.17", "CL": COMMAND.replace("gatk", "bwa")}],
    }
    with pysam.AlignmentFile(tmp_path / "reads.bam", "wb", header=header) as file:
        segment = pysam.AlignedSegment(file.header)
        segment.query_name, segment.query_sequence, segment.flag = "A001:1:HX:1:11:10:20", "ACGT", 4
        file.write(segment)
    variants = pysam.VariantHeader()
    variants.add_line("##contig=<ID=chr1,length=248956422,assembly=hg38>")
    variants.add_line(f"##GATKCommandLine=<ID=HaplotypeCaller,CommandLine={COMMAND}>")
    variants.add_sample("S01")
    with pysam.VariantFile(str(tmp_path / "calls.vcf.gz"), "wz", header=variants) as file:
        file.write(file.new_record(contig="chr1", start=9, alleles=("A", "G")))
    obs = pd.DataFrame(
        {"cell_type": pd.Categorical(["T cell", "B cell"] * 20), "n_genes": range(40)},
        index=[f"{'ACGT'[n % 4]}{'ACGT'[n // 4 % 4]}{'ACGT'[n // 16]}CGTAC-1" for n in range(40)],
    )
    var = pd.DataFrame(index=[f"ENSG{n:011}" for n in range(3)])
    anndata.AnnData(X=np.eye(40, 3, dtype="float32"), obs=obs, var=var).write_h5ad(tmp_path / "cells.h5ad")
    for path in tmp_path.iterdir():
        assert [str(finding) for finding in inspect(path).of(Level.STOP)] == [], path.name


def test_names_in_each_of_these_formats_stop(tmp_path) -> None:
    variants = pysam.VariantHeader()
    variants.add_sample("Anna_Weber")
    variants.add_sample("Max_Huber")
    with pysam.VariantFile(str(tmp_path / "calls.vcf"), "w", header=variants):
        pass
    header = {"HD": {"VN": "1.6"}, "RG": [{"ID": "1", "SM": "Anna_Weber"}], "CO": ["patient: Anna Weber"]}
    with pysam.AlignmentFile(tmp_path / "reads.bam", "wb", header=header):
        pass
    obs = pd.DataFrame({"n": [1, 2]}, index=["Anna Weber", "Max Huber"])
    anndata.AnnData(X=np.eye(2, dtype="float32"), obs=obs).write_h5ad(tmp_path / "cells.h5ad")
    (tmp_path / "sequences.fa").write_text(">s1 Anna Weber\nACGT\n")
    (tmp_path / "record.hea").write_text(
        "r01 1 250 1000\nr01.dat 16 200/mV 16 0 0 0 0 II\n# name: Anna Weber\n"
    )
    image = nibabel.Nifti1Image(np.zeros((4, 4), "i2"), np.eye(4))
    image.header["descrip"] = "Anna Weber"
    nibabel.save(image, tmp_path / "image.nii")
    for path in tmp_path.iterdir():
        inspection = inspect(path)
        assert inspection.of(Level.STOP), path.name
        assert not any("Weber" in str(finding) for finding in inspection.findings), path.name


def test_the_page_on_formats_names_each_that_biology_and_medicine_use() -> None:
    page = (Path(__file__).parents[4] / "docs" / "formats.md").read_text()
    rooms = ("brain", "dicom", "fhir", "genomics", "hdf5", "omop", "pictures", "signals")
    ours = [f for f in FORMATS if type(f).__module__.split(".")[3] in rooms]
    assert len(ours) >= 18
    assert [f.name for f in ours if f.name not in page] == []


def test_findings_in_an_archive_say_in_which_of_its_files_they_are(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.write(DICOM / "MR_small.dcm", "a.dcm")
        archive.writestr("b.json", '{"resourceType": "Patient", "name": [{"family": "Weber"}]}')
    places = {f.place for f in inspect(tmp_path / "images.zip").of(Level.STOP) if f.kind == "name"}
    assert len(places) == 2
    assert all(place.endswith((": tag (0010,0010) PatientName", ": Patient.name")) for place in places)
