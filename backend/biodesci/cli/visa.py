"""biodesci visa: issue, request, issuer, show, check, revoke, trust, require-value, trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session, visa_issuer
from biodesci.cli.arguments import Number, address, new_file, visa_type, when
from biodesci.core.onchain import DAY

if TYPE_CHECKING:
    from biodesci.core.documents.visa import SignedVisa

app = typer.Typer(no_args_is_help=True)
app.add_typer(visa_issuer.app, name="issuer", help="Sign visas for the holders of GA4GH passports.")

_TYPES = "AffiliationAndRole, AcceptedTermsAndPolicies, ResearcherStatus, ControlledAccessGrants"
_FILE = Annotated[Path, typer.Argument(help="The visa's file.")]
_DATASET = Annotated[int | None, typer.Option(min=1, help="Of one dataset of yours, instead of all.")]
_VALUE = Annotated[
    str, typer.Option(help="0x and 64 digits, or a text (such as the terms' address), which is hashed.")
]


@app.command()
def issue(
    subject: Annotated[str, typer.Argument(help="The address that it is about.")],
    type_: Annotated[str, typer.Option("--type", help=_TYPES)],
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the visa goes; private.")],
    value: _VALUE = "",
    dataset: Annotated[
        int | None, typer.Option(min=1, help="Of a ControlledAccessGrants visa: which it grants.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is valid.")] = 365,
) -> None:
    """As an issuer: sign a visa for a researcher. Nothing is sent; hand over the file by a private channel.

    Example: biodesci visa issue 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --type ResearcherStatus -o a.json
    """
    from biodesci.core import files
    from biodesci.core.errors import InputError
    from biodesci.core.visa import VisaType
    from biodesci.market.visa import grant_value
    from biodesci.market.visa import issue as run

    target = new_file(file)
    kind, holder, chain = visa_type(type_), address(subject), session.chain()
    is_grant = kind is VisaType.CONTROLLED_ACCESS_GRANTS
    if is_grant != (dataset is not None) or (is_grant and value):
        raise InputError(
            "A grant carries its dataset, and other visas carry none.",
            "Give --dataset with ControlledAccessGrants alone, and --value with the others.",
        )
    carried = _value(value) if dataset is None else grant_value(chain, dataset)
    made = run(chain, holder, kind, carried, chain.now() + days * DAY)
    files.write_private(target, made.to_bytes())
    output.record(
        _fields(made) | {"file": str(target)}, "Signed. The file is personal: give it to its subject."
    )


@app.command()
def request(
    passport: Annotated[Path, typer.Argument(help="File with your GA4GH passport or visa (a JWT).")],
    issuer: Annotated[str, typer.Option(help="The issuer's address: https://…")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the visas; private.")],
) -> None:
    """As a researcher: have an issuer sign visas for this account, on what your GA4GH passport shows.

    Example: biodesci visa request passport.jwt --issuer https://visas.example.org -o visas
    """
    from biodesci.core import files
    from biodesci.core.visa import NAMES
    from biodesci.passports.client import request as run

    chain = session.chain()
    answer = run(chain, issuer, visa_issuer.read_passport(passport))
    names = [f"{NAMES[one.visa.type]}-{one.visa.value.hex()[:8]}.json" for one in answer.visas]
    targets = [new_file(folder / name) for name in names]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for target, one in zip(targets, answer.visas, strict=True):
        files.write_private(target, one.to_bytes())
    shown = [_fields(one) | {"file": str(target)} for target, one in zip(targets, answer.visas, strict=True)]
    visa_issuer.list_visas(shown, ("type", "expires", "file"), answer.ignored)
    output.note("Show them when you buy: biodesci license buy … --visa FILE.")


@app.command()
def show(file: _FILE) -> None:
    """What a visa says, and whether its issuer revoked it."""
    from biodesci.market.visa import is_revoked

    signed = _load(file)
    output.record(_fields(signed) | {"revoked": is_revoked(session.chain(account=False), signed)})


@app.command()
def check(file: _FILE, dataset_id: Number) -> None:
    """Whether a visa counts for a dataset now: signature, trust of the owner, value, time, revocation."""
    from biodesci.market.visa import check as run

    signed = _load(file)
    run(session.chain(account=False), signed, dataset_id)
    output.record(_fields(signed), f"The visa counts for dataset {dataset_id}.")


@app.command()
def revoke(file: _FILE) -> None:
    """As the issuer: take a visa back, for ever. Licences that rest on it end at once."""
    from biodesci.market.visa import revoke as run

    output.record({"revoked": True, "sent": run(session.chain(), _load(file))})


@app.command()
def trust(
    issuer: Annotated[str, typer.Argument(help="Its address.")],
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", help=f"registered-access, {_TYPES}; repeat. Without any, trust ends."),
    ] = None,
    dataset: _DATASET = None,
) -> None:
    """As an owner of datasets: let an issuer's visas of these types count. Replaces what was said before.

    With --dataset it is said of one dataset alone, and ends when that is passed on.
    """
    from biodesci.core.visa import mask, names
    from biodesci.market.visa import ALL
    from biodesci.market.visa import trust as run

    types, whose = mask(type_ or []), address(issuer)
    sent = run(session.chain(), whose, types, ALL if dataset is None else dataset)
    scope = "your datasets" if dataset is None else f"dataset {dataset}"
    sentence = f"Its visas of these types count for {scope}."
    if not types:
        sentence = f"What you said of it for {scope} counts no more. See who is left: biodesci visa trusted."
    output.record({"issuer": whose, "types": names(types), "dataset": dataset, "sent": sent}, sentence)


@app.command("require-value")
def require_value(
    type_: Annotated[str, typer.Option("--type", help=_TYPES)],
    value: _VALUE = "",
    dataset: _DATASET = None,
) -> None:
    """As an owner of datasets: want visas of a type to carry a value; without --value, any will do.

    With --dataset it is said of one dataset alone, in place of what is said of all.
    """
    from biodesci.market.visa import ALL
    from biodesci.market.visa import require_value as run

    kind, wanted = visa_type(type_), _value(value)
    sent = run(session.chain(), kind, wanted, ALL if dataset is None else dataset)
    shown = "0x" + wanted.hex() if value else "any" if dataset is None else "as for all datasets"
    output.record({"type": type_, "value": shown, "dataset": dataset, "sent": sent})


@app.command()
def trusted(
    owner: Annotated[str, typer.Argument(help="An owner's address; this account's if not given.")] = "",
) -> None:
    """Whose visas an owner of datasets trusts, and which values it requires, for all of them or for one."""
    from biodesci.chain import accounts
    from biodesci.core.visa import names
    from biodesci.market import visa

    chain = session.chain(account=False)
    whose = address(owner) if owner else accounts.address(session.settings().account_path)
    trust = visa.trusted(chain, whose)
    said = [(visa.ALL, ""), *((id_, f" (dataset {id_})") for id_ in visa.spoken_of(chain, whose))]
    scopes = dict(said)
    issuers = [f"{one.issuer}: {', '.join(names(one.types))}{scopes[one.dataset_id]}" for one in trust]
    values = [
        f"{name}: {value}{scope}"
        for id_, scope in said
        for name, value in visa.required(chain, whose, id_).items()
    ]
    output.record({"owner": whose, "issuers": issuers, "required_values": values})


def _load(file: Path) -> SignedVisa:
    from biodesci.core import files
    from biodesci.core.documents.visa import SignedVisa

    return SignedVisa.parse(files.read(file))


def _value(text: str) -> bytes:
    """32 bytes: as given in hexadecimal, or the Keccak-256 of a text."""
    import re

    from eth_utils.crypto import keccak

    if re.fullmatch(r"0x[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text[2:])
    return keccak(text.encode()) if text else bytes(32)


def _fields(signed: SignedVisa) -> dict[str, Any]:
    from biodesci.core.visa import NAMES

    visa = signed.visa
    return {
        "subject": visa.subject,
        "type": NAMES[visa.type],
        "value": "0x" + visa.value.hex(),
        "issuer": visa.issuer,
        "asserted": when(visa.asserted),
        "expires": when(visa.expires),
    }
