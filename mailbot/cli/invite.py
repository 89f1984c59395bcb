"""`mailbot invite`: asks customers by mail to register."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mailbot.cli.brake import brake, count
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_json
from mailbot.errors import Refused
from mailbot.flows.invite import Invite, InvitePlan, Why

if TYPE_CHECKING:
    from collections.abc import Iterable

WHY = {
    Why.UNKNOWN: "there is no customer of this code; see: mailbot customers list",
    Why.APPROVED: "is connected already",
    Why.NO_ADDRESS: "has no mail address; import one, or print a letter: mailbot letters",
    Why.INVITED: "has an invitation that may still be answered; add --again for a new one",
    Why.DECLINED: "declined, and may still change that; add --again to ask anew",
    Why.JUST_NOW: "was invited a moment ago",
}


@click.command(
    help="""Invite customers by mail to register.

    Each gets a signed link, which is good for invitation_days from when the mail was really sent. With --all those of
    channel mail who have no invitation yet are invited; with codes, these customers, whatever their channel. Ends with
    1 where a customer that was named is passed over.

    \b
    Examples:
      mailbot invite --all --dry-run
      mailbot invite --all --yes
      mailbot invite A001 A002
      mailbot invite A001 --again        a new link; the one before it ends
    """
)
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--all", "everybody", is_flag=True, help="Invite everybody of channel mail who was not invited yet.")
@click.option("--again", is_flag=True, help="Also invite who has an invitation, or declined it.")
@click.option("--dry-run", is_flag=True, help="Show who would be invited, and do nothing.")
@click.option("--yes", is_flag=True, help="Send however many mails without asking.")
@common
def command(chosen: Chosen, *, codes: tuple[str, ...], everybody: bool, again: bool, dry_run: bool, yes: bool) -> None:
    """Plan, show, ask, invite."""
    if bool(codes) == everybody:
        raise click.UsageError("name customers by their codes, or add --all")
    with opened(chosen) as office:
        flow = Invite(office.desk)
        plan = flow.plan(office.issuer, codes or None, again=again)
        if not dry_run and plan.rows:
            limit = office.desk.rules.confirm_above
            brake(chosen, mails=len(plan.rows), limit=limit, yes=yes, otherwise="nobody was invited")
            plan = asyncio.run(flow.mail(plan))
    _print(chosen, plan, dry_run=dry_run)
    if codes and plan.skipped:
        raise Refused(f"{count(len(plan.skipped), 'customer')} passed over; see above")


def _print(chosen: Chosen, plan: InvitePlan, *, dry_run: bool) -> None:
    done = "would be invited" if dry_run else "invited"
    if chosen.json:
        for invitee in plan.rows:
            print_json({"code": invitee.code, "name": invitee.name, "to": invitee.email, "result": done})
        for code, why in plan.skipped:
            print_json({"code": code, "result": "passed over", "why": str(why)})
        return
    for invitee in plan.rows:
        click.echo(f"{invitee.code}  {invitee.name}: {done} at {invitee.email}")
    print_skipped((code, WHY[why]) for code, why in plan.skipped)
    click.echo(_sum(plan, dry_run=dry_run))


def print_skipped(skipped: Iterable[tuple[str, str]]) -> None:
    """Print who was passed over, and why."""
    for code, why in skipped:
        click.echo(f"{code}: {why}", err=True)


def _sum(plan: InvitePlan, *, dry_run: bool) -> str:
    if not plan.rows:
        return "There is nobody to invite."
    mails = count(len(plan.rows), "mail")
    return f"This would send {mails}. Nothing was done: this was a dry run." if dry_run else f"Queued {mails}."
