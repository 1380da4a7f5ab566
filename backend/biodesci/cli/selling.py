"""biodesci license approve, reject, redeliver, claim, claim-earned, revoke: a dataset owner's side."""

from __future__ import annotations

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number
from biodesci.cli.license import COLLECT, LICENSEE, REASON, require_licensee

app = typer.Typer()


@app.command()
def approve(license_id: Number, licensee: LICENSEE = "", yes: output.Yes = False) -> None:
    """As the dataset's owner or its committee: accept a purchase that needs review. It shows what for."""
    from biodesci.core import duo
    from biodesci.market.license import get, purpose_of

    chain = session.chain()
    licence = get(chain, license_id)
    require_licensee(licence, licensee)
    codes = ", ".join(duo.codes(purpose_of(chain, license_id)))
    output.consent(
        f"{licence.licensee} gets the right {licence.right.name.lower()} to dataset {licence.dataset_id}, "
        f"version {licence.version}, for the purpose {codes}.",
        yes=yes,
    )
    chain.send(chain.licenses.functions.approve(license_id, licence.licensee, licence.deadline))
    output.record({"license_id": license_id, "licensee": licence.licensee, "state": "purchased"})


@app.command()
def reject(license_id: Number, reason: REASON) -> None:
    """As the dataset's owner or its committee: decline a purchase; the buyer is paid back."""
    from biodesci.core.public_text import reason_on_chain

    text, chain = reason_on_chain(reason), session.chain()
    chain.send(chain.licenses.functions.reject(license_id, text))
    output.record({"license_id": license_id, "state": "rejected"})


@app.command()
def redeliver(license_id: Number) -> None:
    """As owner or custodian: deliver the key of a licence once more, where its envelope was lost."""
    from biodesci.core import cid
    from biodesci.market.redelivery import redeliver as run

    digest = run(session.member(), license_id)
    output.record({"license_id": license_id, "envelope": cid.from_digest(digest)})


@app.command()
def claim(license_id: Number) -> None:
    """Credit the owner once the dispute window is over; of a price earned over time, what it has earned."""
    chain = session.chain()
    chain.send(chain.licenses.functions.claim(license_id))
    output.record({"license_id": license_id, "state": "settled"})


@app.command("claim-earned")
def claim_earned(license_id: Number) -> None:
    """Credit the owner what a settled licence has earned over time since the last claim."""
    from biodesci.chain.currency import Money
    from biodesci.market.settlement import claim_earned as run

    done = run(session.chain(), license_id)
    credited = {
        "to_owner": Money(done.to_owner, done.currency),
        "royalty": Money(done.royalty, done.currency),
    }
    output.record({"license_id": license_id, **credited}, f"It waits for: {COLLECT}.")


@app.command()
def revoke(license_id: Number, reason: REASON, yes: output.Yes = False) -> None:
    """As the dataset's owner: end a licence. What goes back is in escrow; downloads can't be recalled."""
    from biodesci.chain.currency import Money
    from biodesci.core.public_text import reason_on_chain
    from biodesci.market import settlement

    reason_on_chain(reason)
    chain = session.chain()
    settlement.require_owner(chain, license_id)
    back, paid_in = settlement.back_if_revoked(chain, license_id)
    output.consent(
        f"Revoking licence {license_id} ends it for ever, and {paid_in.show(back)} of its price goes back to "
        "its holder.",
        yes=yes,
    )
    done = settlement.revoke(chain, license_id, reason)
    paid = {"paid_back": Money(done.paid_back, done.currency)}
    output.record({"license_id": license_id, "state": "revoked", "sent": done.sent, **paid})
