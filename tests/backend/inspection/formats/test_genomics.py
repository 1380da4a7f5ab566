"""VCF, BCF, SAM, BAM, CRAM, FASTA and FASTQ of htslib, clean, with planted names, cut and hostile."""

from __future__ import annotations

import gzip
import random
import struct
import zlib
from pathlib import Path

import pysam
import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import read

HUMAN = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 248956422}]}


def variants(path: Path, samples: tuple[str, ...] = (), lines: tuple[str, ...] = (), mode: str = "w") -> Path:
    header = pysam.VariantHeader()
    header.add_line("##contig=<ID=1,length=249250621>")
    header.add_line('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype of Anna Weber">')
    for line in lines:
        header.add_line(line)
    for sample in samples:
        header.add_sample(sample)
    with pysam.VariantFile(str(path), mode, header=header) as file:
        for position in range(1, 2_000):
            record = file.new_record(contig="1", start=position, alleles=("A", "G"))
            for sample in samples:
                record.samples[sample]["GT"] = (0, 1)
            file.write(record)
    return path


@pytest.mark.parametrize("mode", ["w", "wz", "wb"])
def test_a_vcf_s_samples_are_a_table_and_genotypes_ask(tmp_path, mode) -> None:
    reading = read(variants(tmp_path / "calls.txt", ("Weber_Anna", "sub-02"), mode=mode))
    assert reading.format == "VCF"
    assert reading.tables["samples"] == [{"sample_id": "Weber_Anna"}, {"sample_id": "sub-02"}]
    assert [(f.kind, f.level, f.rows) for f in reading.findings] == [("individual genotypes", Level.ASK, 2)]
    assert not any("Weber" in str(finding) for finding in reading.findings)


def test_a_vcf_of_sites_alone_passes(tmp_path) -> None:
    reading = read(variants(tmp_path / "sites.vcf"))
    assert reading.findings == []
    assert reading.tables == {}


def test_a_vcf_s_header_lines_are_looked_at(tmp_path) -> None:
    lines = (
        "##SAMPLE=<ID=S1,Description=Anna Weber>",
        "##PEDIGREE=<ID=S1,Mother=S2>",
        "##reference=file:///home/aweber/hg38.fa",
        "##bcftools_viewCommand=view -s Weber_Anna in.vcf",
    )
    reading = read(variants(tmp_path / "calls.vcf", ("S1", "S2"), lines))
    assert reading.kinds(Level.ASK) == {"sample or pedigree", "user name in a path", "individual genotypes"}
    assert any("Anna Weber" in text for text in reading.texts)
    assert "Weber Anna" in reading.texts
    assert not any("Genotype" in text for text in reading.texts)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"##fileformat=VCFv4.2\n", "does not end with a line of column names"),
        (b"##fileformat=VCFv4.2\n1\t2\t.\tA\tG\n", "ends before the line"),
        (
            b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t2\n",
            "Record 1 .* 2 fields",
        ),
        (b"BCF\x02\x02" + struct.pack("<I", 2**32 - 1) + b"##", "more than 64 MiB"),
        (b"BCF\x02\x02" + struct.pack("<I", 500) + b"##", "ends within its header"),
        (
            gzip.compress(b"##fileformat=VCFv4.2\n" + b"##a=" + random.Random(1).randbytes(9_000))[:-90],
            "cut off",
        ),
    ],
)
def test_damaged_variants_are_refused(tmp_path, content, reason) -> None:
    path = tmp_path / "calls"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read(path)


def test_a_vcf_without_its_last_block_is_refused(tmp_path) -> None:
    path = variants(tmp_path / "calls.vcf.gz", ("S1",), mode="wz")
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match="without its last block"):
        read(path)


def alignments(path: Path, mode: str, header: dict[str, object], names: tuple[str, ...] = ("r1",)) -> Path:
    with pysam.AlignmentFile(path, mode, header=header) as file:
        for name in names:
            segment = pysam.AlignedSegment(file.header)
            segment.query_name, segment.query_sequence, segment.flag = name, "ACGT", 4
            segment.query_qualities = pysam.qualitystring_to_array("IIII")
            file.write(segment)
    return path


@pytest.mark.parametrize("mode", ["w", "wb", "wc"])
def test_read_groups_comments_and_commands_are_looked_at(tmp_path, mode) -> None:
    header = {
        **HUMAN,
        "RG": [
            {"ID": "rg1", "SM": "Weber_Anna", "LB": "L1", "PL": "ILLUMINA", "CN": "St. X", "DT": "2019-03-07"}
        ],
        "PG": [{"ID": "bwa", "CL": "bwa mem /home/aweber/ref.fa Weber_Anna.fastq"}],
        "CO": ["patient: Anna Weber"],
    }
    reading = read(alignments(tmp_path / "reads", mode, header, ("A00123:12:HXXX:1:1101:1000:2000",)))
    assert reading.format == "SAM, BAM or CRAM"
    assert reading.tables["read groups"] == [
        {"sample_id": "Weber_Anna", "library_id": "L1", "platform": "ILLUMINA"}
    ]
    assert reading.kinds(Level.ASK) == {
        "institution or device",
        "date",
        "user name in a path",
        "free text",
        "individual reads",
    }
    assert reading.kinds(Level.NOTE) == {"instrument and run"}
    assert "patient: Anna Weber" in reading.texts


def test_reads_of_another_organism_are_noted(tmp_path) -> None:
    phage = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "phiX174", "LN": 5386}]}
    assert read(alignments(tmp_path / "a.bam", "wb", phage)).kinds(Level.ASK) == set()
    assert read(alignments(tmp_path / "b.bam", "wb", {"HD": {"VN": "1.6"}})).kinds(Level.ASK)
    assert read(alignments(tmp_path / "c.bam", "wb", phage, ())).findings == []


def test_cut_off_and_hostile_alignments_are_refused(tmp_path) -> None:
    path = alignments(tmp_path / "a.bam", "wb", HUMAN)
    whole = path.read_bytes()
    for content in (
        whole[:-28],
        whole[: len(whole) // 2],
        gzip.compress(b"BAM\x01" + b"\xff" * 8),
        b"CRAM\x03\x00",
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match="again"):
            read(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_fasta_s_names_are_a_table_and_nucleotides_ask(tmp_path, pack) -> None:
    path = tmp_path / "sequences.txt"
    path.write_bytes(pack(b">s1 Anna Weber\nACGTACGT\nACGT\n>s2\nACGA\n"))
    reading = read(path)
    assert reading.format == "FASTA"
    assert reading.tables["sequences"] == [
        {"sequence_id": "s1", "description": "Anna Weber"},
        {"sequence_id": "s2", "description": ""},
    ]
    assert reading.kinds(Level.ASK) == {"genetic sequences"}


def test_a_fasta_of_proteins_passes(tmp_path) -> None:
    path = tmp_path / "proteins"
    path.write_bytes(b">sp|P04637|P53_HUMAN Cellular tumor antigen p53\nMEEPQSDPSVEPPLSQETFSDLWKLLPENNVLS\n")
    assert read(path).findings == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_fastq_s_reads_ask_and_odd_names_are_texts(tmp_path, pack) -> None:
    path = tmp_path / "reads"
    read_of = b"@%s\nACGT\n+\nIIII\n"
    path.write_bytes(
        pack(read_of % b"Weber_Anna.1" + read_of % b"SRR001.2" + read_of % b"A1:12:HX:1:11:10:20 1:N:0")
    )
    reading = read(path)
    assert reading.format == "FASTQ"
    assert reading.kinds(Level.ASK) == {"individual reads"}
    assert reading.kinds(Level.NOTE) == {"instrument and run"}
    assert reading.texts == {"Weber Anna 1"}


def test_a_cut_off_fastq_is_refused(tmp_path) -> None:
    path = tmp_path / "reads"
    path.write_bytes(b"@r1\nACGT\n+\nIIII\n@r2\nAC")
    with pytest.raises(InputError, match="Read 2"):
        read(path)


def test_a_compressed_bomb_costs_its_first_bytes_alone(tmp_path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    piece = b"##a=" + b"b" * ((1 << 20) - 4)
    content = packer.compress(b"##fileformat=VCFv4.2\n") + b"".join(
        packer.compress(piece) for _ in range(100)
    )
    path = tmp_path / "bomb"
    path.write_bytes(content + packer.flush())
    with pytest.raises(InputError, match="more than 64 MiB"):
        read(path)
