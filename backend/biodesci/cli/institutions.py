"""biodesci account prove-domain, who: the institution behind an account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import address, new_file
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from biodesci.core.documents.institution import Institution, Proven

app = typer.Typer()


@dataclass(frozen=True)
class Said:
    """The options that say what is signed of the institution."""

    name: Annotated[str, typer.Option(help="Of the institution, as people know it.")]
    ror: Annotated[str, typer.Option(help="Its ROR id, as https://ror.org/05gq02987.")] = ""
    days: Annotated[int, typer.Option(min=1, max=400, help="How long the proof counts.")] = 365
    all_chains: Annotated[
        bool, typer.Option("--all-chains", help="For this account on every chain, not on this one alone.")
    ] = False
    wallet: Annotated[
        str, typer.Option(help="A contract account (ERC-1271) that takes this account's signature.")
    ] = ""

    def institution(self, domain: str) -> Institution:
        """For the wallet, or else an account that is not known yet. Raises InputError for what does not
        fit."""
        import time

        from biodesci.core import domains, ror
        from biodesci.core.documents.institution import Institution
        from biodesci.core.onchain import DAY, NOBODY

        now = int(time.time())
        return Institution(
            domain=domains.parse(domain),
            account=address(self.wallet) if self.wallet else NOBODY,
            name=self.name,
            ror=ror.parse(self.ror) if self.ror else None,
            issued=now,
            expires=now + self.days * DAY,
        )


@app.command("prove-domain")
@grouped
def prove_domain(
    domain: Annotated[str, typer.Argument(help="Yours, as hospital.example.")],
    said: Said,
    file: Annotated[Path, typer.Option("--output", "-o", help="The file for your web server.")] = Path(
        "biodesci.json"
    ),
) -> None:
    """Sign a file that says whose this account is. Nothing is sent: you put it on your web server.

    Example: biodesci account prove-domain hospital.example --name "Example Hospital" -o biodesci.json
    """
    from biodesci.core import files
    from biodesci.core.documents.institution import PATH
    from biodesci.core.onchain import utc
    from biodesci.registry.institutions import network_of, sign

    target, institution = new_file(file), said.institution(domain)
    chain = session.chain()
    if not said.wallet:
        institution = institution.model_copy(update={"account": chain.address})
    signed = sign(chain, institution, None if said.all_chains else network_of(chain))
    files.write_atomic(target, signed.to_bytes())
    host = institution.domain
    output.record(
        {
            "domain": host,
            "account": institution.account,
            "name": institution.name,
            "ror": institution.ror,
            "counts_on": "all chains" if said.all_chains else f"chain {chain.chain_id}",
            "until": utc(institution.expires).isoformat(),
            "file": str(target),
            "url": f"https://{host}{PATH}",
        },
        f"Signed. Have your web server answer https://{host}{PATH} with this file, as application/json and "
        f"without a redirect. Then look: biodesci account who {host}.",
    )


@app.command()
def who(
    whom: Annotated[str, typer.Argument(metavar="ADDRESS|DOMAIN", help="An account, or a domain.")],
) -> None:
    """Who is behind an account: asks the domain, or those that the account's datasets name, by HTTPS.

    Example: biodesci account who hospital.example
    """
    from biodesci.core import domains
    from biodesci.core.documents.institution import UNPROVEN
    from biodesci.core.errors import AccessDeniedError
    from biodesci.market.institutions import announced_by

    account = address(whom) if whom.startswith("0x") else ""
    host = "" if account else domains.parse(whom)
    chain = session.chain(account=False)
    known = session.institutions(chain)
    if host:
        asked = known.ask(host)
        if asked.proven is None or asked.why:
            raise AccessDeniedError(
                f"{host} proves no account: {asked.why}",
                "It is unproven until its server answers with a proof (biodesci account prove-domain).",
            )
        output.record(_fields(asked.proven))
        return
    announced = announced_by(chain, session.ipfs(), account)
    tried = {domain: known.ask(domain) for domain in announced}
    of_account = [one.proven for one in tried.values() if one.proven and one.proven.account == account]
    if of_account:
        output.record(_fields(of_account[0]))
        return
    reasons = [one.why or f"{domain} names another account." for domain, one in tried.items()]
    output.record(
        {
            "account": account,
            "institution": UNPROVEN,
            "why": reasons or "No dataset of this account that was looked at names a domain.",
        }
    )


def _fields(proven: Proven) -> dict[str, Any]:
    from biodesci.core.documents.institution import ROR_WORDS
    from biodesci.core.onchain import utc

    return {
        "account": proven.account,
        "institution": proven.in_words(),
        "domain": proven.domain,
        "name": proven.name,
        "ror": proven.ror,
        "ror_is": None if proven.ror is None else ROR_WORDS[proven.ror_listed],
        "proven_at": utc(proven.proven_at).isoformat(),
        "until": utc(proven.until).isoformat(),
    }
