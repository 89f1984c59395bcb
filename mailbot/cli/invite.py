"""`mailbot invite`: asks customers by mail to register."""

from __future__ import annotations

import asyncio

import click

from mailbot.cli.brake import brake, count
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.passed_over import Reason, print_passed_over
from mailbot.cli.printing import print_json
from mailbot.errors import Refused
from mailbot.flows.invite import Invite, InvitePlan, Why

WHY = {
    Why.UNKNOWN: Reason("there is no customer of this code; see: mailbot customers list", "no customer of this code"),
    Why.APPROVED: Reason("is connected already", "connected already"),
    Why.NO_ADDRESS: Reason(
        "has no mail address; import one, or print a letter: mailbot letters",
        "no mail address; import one, or print letters: mailbot letters",
    ),
    Why.INVITED: Reason(
        "has an invitation that may still be answered; add --again for a new one",
        "an invitation may still be answered; add --again for new ones",
    ),
    Why.DECLINED: Reason(
        "declined, and may still change that; add --again to ask anew",
        "declined, and may still change that; see: mailbot invitations list --declined",
    ),
    Why.JUST_NOW: Reason("was invited a moment ago", "invited a moment ago"),
}


@click.command(
    help="""Invite customers by mail to register.

    Each gets a signed link, which is good for invitation_days from when the mail was really sent. With --all those of
    channel mail who have no invitation yet are invited; with codes, these customers, whatever their channel. Ends with
    1 where a customer that was named is passed over. What became of it: mailbot invitations list.

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
    _print(chosen, plan, dry_run=dry_run, named=bool(codes))
    if codes and plan.skipped:
        raise Refused(f"{count(len(plan.skipped), 'customer')} passed over; see above")


def _print(chosen: Chosen, plan: InvitePlan, *, dry_run: bool, named: bool) -> None:
    done = "would be invited" if dry_run else "invited"
    if chosen.json:
        for invitee in plan.rows:
            print_json({"code": invitee.code, "name": invitee.name, "to": invitee.email, "result": done})
        for code, why in plan.skipped:
            print_json({"code": code, "result": "passed over", "why": str(why)})
        return
    for invitee in plan.rows:
        click.echo(f"{invitee.code}  {invitee.name}: {done} at {invitee.email}")
    print_passed_over(plan.skipped, WHY, named=named)
    click.echo(_sum(plan, dry_run=dry_run))


def _sum(plan: InvitePlan, *, dry_run: bool) -> str:
    if not plan.rows:
        return "There is nobody to invite."
    mails = count(len(plan.rows), "mail")
    return f"This would send {mails}. Nothing was done: this was a dry run." if dry_run else f"Queued {mails}."
