"""The courier against real relays: whatever they do, each mail ends exactly once and as it must."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from smtp_peers import (
    IMPATIENT,
    QUICK,
    Facts,
    Ledger,
    Script,
    envelope,
    free_port,
    news,
    once,
    relay,
    running,
    sent,
    sink,
    until,
)

from mailbot.edges.smtp_out import Courier
from mailbot.errors import Deferred, Rejected, Unanswered
from mailbot.flows.post import Accepted

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtp_peers import Answer

    from mailbot.mail.envelope import Envelope

NO_PIPELINING = {"EHLO": b"250-script\r\n250 SIZE 1000000\r\n"}


async def test_many_mails_over_several_connections() -> None:
    post = Ledger(envelope(number) for number in range(500))
    with sink() as port:
        async with running(relay(port, connections=5), post):
            outcomes = await post.settled()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert sorted(post.permitted) == list(range(500))


async def test_the_mails_arrive_as_they_were_given() -> None:
    dotted = b"Subject: dots\r\n\r\n.\r\n..a\r\nb\r\n.c"
    async with Script().listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2, dotted), envelope(3, b".first\r\n"))
    assert outcomes[1] == Accepted("250 2.0.0 queued")
    stuffed = b"Subject: dots\r\n\r\n..\r\n...a\r\nb\r\n..c\r\n"
    assert script.bodies == [envelope(1).content, stuffed, b"..first\r\n"]


async def test_envelopes_carry_what_the_relay_understands() -> None:
    extensions = b"250-script\r\n250-PIPELINING\r\n250-SIZE 10000\r\n250 DSN\r\n"
    async with Script({"EHLO": extensions}).listening() as script:
        await sent(relay(script.port), envelope(7))
    assert script.commands[:4] == [
        b"EHLO mailbot.example.test",
        b"MAIL FROM:<bounces+tag@example.test> SIZE=%d RET=HDRS ENVID=id+2B7" % len(envelope(7).content),
        b"RCPT TO:<user7@customer.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;user7@customer.test",
        b"DATA",
    ]


async def test_without_pipelining_no_command_comes_before_its_answer() -> None:
    refusals = {"RCPT": once(b"550 5.1.1 nobody\r\n", b"250 ok\r\n")}
    async with Script({**NO_PIPELINING, **refusals}, strict=True).listening() as script:
        outcomes = await sent(relay(script.port), *(envelope(number) for number in range(4)))
        await until(lambda: b"QUIT" in script.commands)
    assert not script.early
    assert isinstance(outcomes[0], Rejected)
    assert [type(outcomes[number]) for number in (1, 2, 3)] == [Accepted] * 3
    verbs = [command.split()[0] for command in script.commands]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", b"RSET", *[b"MAIL", b"RCPT", b"DATA"] * 3, b"QUIT"]


async def test_a_server_that_knows_only_helo() -> None:
    async with Script({"EHLO": b"502 what?\r\n"}, strict=True).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1))
    assert isinstance(outcomes[1], Accepted)
    assert b"HELO mailbot.example.test" in script.commands
    assert b"MAIL FROM:<bounces+tag@example.test>" in script.commands


async def test_smtp_sink_without_esmtp() -> None:
    with sink("-e") as port:
        outcomes = await sent(relay(port), envelope(1), envelope(2))
    assert [type(outcome) for outcome in outcomes.values()] == [Accepted, Accepted]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    ("options", "kind", "code", "enhanced"),
    [
        (("-b", "450 4.2.1 try later", "-r"), Deferred, 450, "4.2.1"),
        (("-B", "550 5.1.1 User unknown", "-f"), Rejected, 550, "5.1.1"),
    ],
)
async def test_refusals_at_each_command(
    command: str, options: tuple[str, ...], kind: type[Deferred | Rejected], code: int, enhanced: str
) -> None:
    with sink(*options, command) as port:
        outcomes = await sent(relay(port), *(envelope(number) for number in range(5)))
    for outcome in outcomes.values():
        assert isinstance(outcome, kind)
        assert (outcome.code, outcome.enhanced) == (code, enhanced)
        assert outcome.response.startswith(f"{code} {enhanced}")
        assert getattr(outcome, "recipient", False) is (kind is Rejected and command == "RCPT")


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(("reply", "kind"), [(b"451 4.3.0 later\r\n", Deferred), (b"554 5.7.1 never\r\n", Rejected)])
async def test_refusals_within_a_pipeline_hit_only_their_own_mail(verb: str, reply: bytes, kind: type) -> None:
    good = Script.GOOD[verb]
    async with Script({verb: lambda count, _line: reply if count % 2 == 0 else good}).listening() as script:
        outcomes = await sent(relay(script.port), *(envelope(number) for number in range(10)))
    assert script.connections == 1
    assert [type(outcomes[number]) for number in range(10)] == [Accepted, kind] * 5


async def test_data_granted_after_a_refused_recipient_is_ended_by_a_lone_dot() -> None:
    # RFC 2920 §3.1; the relay even says that it took the mail to nobody.
    refusal = {"RCPT": once(b"550 5.1.1 nobody\r\n", b"250 ok\r\n")}
    async with Script(refusal).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert isinstance(outcomes[1], Rejected)
    assert isinstance(outcomes[2], Accepted)
    assert script.bodies == [b"", envelope(2).content]
    assert script.connections == 1


async def test_a_pipelined_refusal_is_reset_before_the_next_mail() -> None:
    answers = {"RCPT": once(b"450 4.2.0 busy\r\n", b"250 ok\r\n"), "DATA": once(b"503 no\r\n", b"354 go\r\n")}
    async with Script(answers).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert [type(outcomes[1]), type(outcomes[2])] == [Deferred, Accepted]
    verbs = [command.split()[0] for command in script.commands]
    assert verbs[:8] == [b"EHLO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"MAIL", b"RCPT", b"DATA"]


async def test_replies_may_come_byte_by_byte() -> None:
    refusal = {"RCPT": lambda count, _line: b"550-5.1.1 no\r\n550 5.1.1 body\r\n" if count == 3 else b"250 ok\r\n"}
    script = Script(refusal)
    script.dribble = True
    async with script.listening():
        outcomes = await sent(relay(script.port), *(envelope(number) for number in range(5)))
    assert [type(outcomes[number]) for number in range(5)] == [Accepted, Accepted, Rejected, Accepted, Accepted]
    assert str(outcomes[2]) == "550 5.1.1 no body"


async def test_connection_lost_after_the_final_dot() -> None:
    post = Ledger(envelope(number) for number in range(6))
    with sink("-q", ".") as port:
        async with running(relay(port, connections=2), post):
            outcomes = await post.settled()
    assert all(isinstance(outcome, Unanswered) for outcome in outcomes.values())
    assert "final dot" in str(outcomes[0])


@pytest.mark.parametrize(
    ("verb", "first"),
    [("MAIL", (Deferred, True)), ("RCPT", (Deferred, False)), ("DATA", (Deferred, False)), (".", (Unanswered, None))],
)
@pytest.mark.parametrize("extensions", [Script.GOOD["EHLO"], NO_PIPELINING["EHLO"]])
async def test_connection_lost_at_each_point(verb: str, first: tuple[type, bool | None], extensions: bytes) -> None:
    answers: dict[str, Answer] = {"EHLO": extensions, verb: once(Script.HANG_UP, Script.GOOD[verb])}
    async with Script(answers).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert (type(outcomes[1]), getattr(outcomes[1], "relay", None)) == first
    assert isinstance(outcomes[2], Accepted)


async def test_connection_lost_while_the_body_waits_for_its_permit() -> None:
    class Waiting(Ledger):
        async def permit(self, envelope: Envelope) -> None:
            await until(lambda: script.closed > 0)
            await news()
            await super().permit(envelope)

    post = Waiting([envelope(1), envelope(2)])
    script = Script({"DATA": once(b"354 go\r\n" + Script.LATER, b"354 go\r\n")})
    async with script.listening(), running(relay(script.port), post):
        outcomes = await post.settled()
    assert isinstance(outcomes[1], Deferred)  # for certain: nothing of it was written
    assert not outcomes[1].relay
    assert isinstance(outcomes[2], Accepted)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
async def test_connection_lost_at_a_later_mail(verb: str) -> None:
    answers = {verb: lambda count, _line: Script.HANG_UP if count == 3 else Script.GOOD[verb]}
    post = Ledger(envelope(number) for number in range(5))
    facts = Facts()
    async with Script(answers).listening() as script, running(relay(script.port), post, facts):
        outcomes = await post.settled()
    lost = [number for number, outcome in outcomes.items() if not isinstance(outcome, Accepted)]
    # A connection that had served well is replaced at once; a mail that it had not judged starts anew.
    assert lost == ([] if verb == "MAIL" else [2])
    assert "relay.lost" not in facts.names
    assert script.connections == 2


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("CONNECT", Deferred),
        ("EHLO", Deferred),
        ("MAIL", Deferred),
        ("RCPT", Deferred),
        ("DATA", Deferred),
        (".", Unanswered),
    ],
)
async def test_a_relay_that_accepts_and_never_answers(verb: str, kind: type) -> None:
    async with Script({verb: b""}).listening() as script:
        post = Ledger([envelope(1)])
        async with running(relay(script.port, timeouts=IMPATIENT), post):
            outcomes = await post.settled(within=3)
    assert type(outcomes[1]) is kind
    assert getattr(outcomes[1], "relay", None) == {"RCPT": False, "DATA": False, ".": None}.get(verb, True)


async def test_a_relay_that_takes_no_more_in_the_middle_of_a_body() -> None:
    # It answers 354 and reads no further: the buffers fill up, and the final dot never leaves this machine.
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for answer in (b"250 PIPELINING\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            await reader.readline()
            writer.write(answer)
        reader._transport.pause_reading()  # type: ignore[attr-defined] # noqa: SLF001 - the only way to stop reading
        await stop.wait()
        writer.close()

    stop = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        body = b"x: y\r\n\r\n" + b"long line of the body\r\n" * 1_000_000
        outcomes = await sent(relay(port, timeouts=IMPATIENT), envelope(1, body))
        stop.set()
    assert isinstance(outcomes[1], Deferred)
    assert "before the final dot" in str(outcomes[1])


async def test_a_long_body_arrives_whole() -> None:
    body = b"x: y\r\n\r\n" + b"long line of the body\r\n" * 200_000
    async with Script().listening() as script:
        outcomes = await sent(relay(script.port), envelope(1, body), envelope(2))
    assert isinstance(outcomes[1], Accepted)
    assert script.bodies == [body, envelope(2).content]


async def test_a_relay_that_answers_before_the_body_was_sent() -> None:
    with sink("-A", "0") as port:
        outcomes = await sent(relay(port), envelope(1))
    assert isinstance(outcomes[1], Rejected | Unanswered)
    answers = {"DATA": once(b"354 go\r\n550 5.3.4 changed my mind\r\n", Script.GOOD["DATA"])}
    async with Script(answers).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert isinstance(outcomes[1], Rejected)
    assert isinstance(outcomes[2], Accepted)
    assert script.connections == 2


async def test_nonsense_instead_of_a_reply() -> None:
    async with Script({"RCPT": once(b"HTTP/1.1 400 Bad Request\r\n", b"250 ok\r\n")}).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert isinstance(outcomes[1], Deferred)
    assert "not an SMTP reply" in str(outcomes[1])
    assert isinstance(outcomes[2], Accepted)


@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_421_with_the_connection_closed_is_about_the_relay(command: str) -> None:
    with sink("-Q", command) as port:
        outcomes = await sent(relay(port), envelope(1), envelope(2))
    for outcome in outcomes.values():
        assert isinstance(outcome, Deferred)
        assert (outcome.code, outcome.relay) == (421, True)


async def test_421_for_one_recipient_slows_only_its_domain() -> None:
    answers = {"RCPT": once(b"421 4.7.0 too many to this domain\r\n", b"250 ok\r\n")}
    async with Script(answers).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    first = outcomes[1]
    assert isinstance(first, Deferred)
    assert (first.code, first.relay) == (421, False)
    assert isinstance(outcomes[2], Accepted)
    assert script.connections == 1


async def test_a_goodbye_while_idle_costs_no_attempt() -> None:
    def hurry(_count: int, _line: bytes) -> bytes:
        return b"250 2.0.0 queued\r\n421 4.4.2 idle too long\r\n" + Script.LATER

    async with Script({".": hurry}).listening() as script:
        post = Ledger([envelope(1)])
        async with running(relay(script.port), post):
            await post.settled()
            post.add(envelope(2))
            outcomes = await post.settled()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert script.connections == 2


@pytest.mark.parametrize("reply", [b"554 5.7.1 go away\r\n", b"450 4.7.0 busy\r\n"])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
async def test_no_refusal_of_the_connection_kills_a_mail(verb: str, reply: bytes) -> None:
    async with Script({verb: once(reply + Script.LATER, Script.GOOD[verb])}).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1), envelope(2))
    assert isinstance(outcomes[1], Deferred)
    assert outcomes[1].relay
    assert isinstance(outcomes[2], Accepted)


async def test_a_missing_sign_in_kills_no_mail() -> None:
    async with Script({"MAIL": b"530 5.7.0 Authentication required\r\n"}).listening() as script:
        post = Ledger(envelope(number) for number in range(3))
        facts = Facts()
        async with running(relay(script.port, first_pause=5), post, facts):
            outcomes = await post.settled(1)
            await until(lambda: facts.names == ["relay.lost"])
    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].relay
    assert "[smtp]" in str(outcomes[0])
    assert post.left == 2


async def test_a_mail_larger_than_the_relay_takes_is_refused_without_asking() -> None:
    small = {"EHLO": b"250-script\r\n250-PIPELINING\r\n250 SIZE 100\r\n"}
    async with Script(small).listening() as script:
        outcomes = await sent(relay(script.port), envelope(1, b"x" * 200 + b"\r\n"), envelope(2))
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].enhanced == "5.3.4"
    assert isinstance(outcomes[2], Accepted)


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<b@c>@d.test", "no-at-sign", "a@b> SIZE=1", "日本@example.test"])
async def test_an_address_cannot_write_commands(address: str) -> None:
    async with Script().listening() as script:
        outcomes = await sent(relay(script.port), replace(envelope(1), recipient=address))
    assert isinstance(outcomes[1], Rejected)
    assert not any(command.startswith(b"MAIL") for command in script.commands)


async def test_a_relay_that_is_down_is_probed_with_one_mail_at_a_time() -> None:
    port = free_port()
    post = Ledger(envelope(number) for number in range(20))
    facts = Facts()
    async with running(relay(port, connections=5), post, facts):
        outcomes = dict(await post.settled(4))
        assert len(outcomes) < 8
        with sink(port=port):
            await post.settled()
    assert all(isinstance(outcome, Deferred) and outcome.relay for outcome in outcomes.values())
    assert "cannot be reached" in str(outcomes[0])
    assert facts.names[0] == "relay.lost"
    assert facts.names[-1] == "relay.back"
    assert facts.names.count("relay.back") == 1
    assert sum(isinstance(outcome, Accepted) for outcome in post.outcomes.values()) >= 12
    # Those that did not probe went untouched, or came back from the first moment.
    assert max(post.put_backs.values(), default=0) <= 2


async def test_a_relay_that_takes_fewer_connections_than_we_would_open() -> None:
    with sink("-m", "2") as port:
        post = Ledger(envelope(number) for number in range(300))
        facts = Facts()
        quick = replace(QUICK, connect=0.2)
        async with running(relay(port, connections=5, timeouts=quick), post, facts):
            outcomes = await post.settled()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert "relay.lost" not in facts.names


async def test_an_idle_connection_is_closed_in_order() -> None:
    async with Script().listening() as script:
        post = Ledger([envelope(1)])
        async with running(relay(script.port, idle=0.05), post):
            await post.settled()
            await until(lambda: script.commands[-1] == b"QUIT")
            post.add(envelope(2))
            await post.settled()
    assert script.connections == 2


async def test_connections_are_replaced_after_their_share_of_mails_or_time() -> None:
    async with Script().listening() as script:
        await sent(replace(relay(script.port), max_mails=3), *(envelope(number) for number in range(7)))
        assert script.connections == 3
        assert script.commands.count(b"QUIT") >= 2
        await sent(replace(relay(script.port), max_age=0), envelope(1), envelope(2))
    assert script.connections >= 4


async def test_a_mail_in_hand_while_connecting_took_long_is_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailbot.edges.smtp_out.courier._STALE", -1.0)
    post = Ledger([envelope(1)])
    async with Script().listening() as script, running(relay(script.port), post):
        outcomes = await post.settled()
    assert isinstance(outcomes[1], Accepted)
    assert post.put_backs == {1: 1}
    assert script.connections == 1


async def test_idle_connections_that_the_relay_closed_do_not_hide_that_it_is_down() -> None:
    port, post, facts = free_port(), Ledger(envelope(number) for number in range(4)), Facts()
    async with running(relay(port, connections=4), post, facts):
        with sink(port=port):
            await post.settled()
        await news()
        post.add(envelope(9))
        await until(lambda: 9 in post.outcomes)
    assert isinstance(post.outcomes[9], Deferred)
    assert not post.put_backs
    assert "relay.lost" in facts.names


async def test_stopping_lets_the_mail_in_flight_end_and_puts_back_the_one_behind() -> None:
    gate = asyncio.Event()

    class Slow(Ledger):
        async def permit(self, envelope: object) -> None:  # noqa: ARG002 - the signature is the protocol's
            await gate.wait()

    post = Slow(envelope(number) for number in range(5))
    async with Script().listening() as script, running(relay(script.port), post) as courier:
        await until(lambda: b"DATA" in script.commands)
        stopping = asyncio.create_task(courier.stop(5))
        await asyncio.sleep(0)
        gate.set()
        await stopping
    assert {number: type(outcome) for number, outcome in post.outcomes.items()} == {0: Accepted}
    assert post.left == 4


async def test_stopping_while_a_mail_was_pipelined_behind_the_body() -> None:
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 PIPELINING\r\n")
        await reader.readuntil(b"DATA\r\n")
        writer.write(b"250 a\r\n250 b\r\n354 c\r\n")
        await reader.readuntil(b"\r\n.\r\nMAIL")
        await release.wait()
        writer.write(b"250 taken\r\n")
        await reader.read()
        writer.close()

    post = Ledger(envelope(number) for number in range(5))
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, running(relay(server.sockets[0].getsockname()[1]), post) as courier:
        await until(lambda: post.permitted == [0] and post.in_flight == 2)
        stopping = asyncio.create_task(courier.stop(5))
        await asyncio.sleep(0)
        release.set()
        begun = time.monotonic()
        await stopping
        assert time.monotonic() - begun < 3  # the mail behind is not waited for
    assert post.outcomes == {0: Accepted("250 taken")}
    assert post.put_backs == {1: 1}


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"])
async def test_stopping_is_bounded_whatever_the_relay_does(verb: str) -> None:
    async with Script({verb: b""}).listening() as script:
        post = Ledger(envelope(number) for number in range(3))
        async with running(relay(script.port), post) as courier:
            if verb == "QUIT":
                await post.settled()
            else:
                await until(lambda: script.connections > 0 and (verb == "CONNECT" or script.commands != []))
            begun = time.monotonic()
            await courier.stop(0.2)
            assert time.monotonic() - begun < 1.5
    assert len(post.outcomes) + post.left == 3


async def test_stopping_an_idle_courier_says_goodbye() -> None:
    async with Script().listening() as script:
        post = Ledger([envelope(1)])
        async with running(relay(script.port), post):
            await post.settled()
        await until(lambda: script.commands[-1] == b"QUIT")


async def test_cancelling_the_run_settles_what_is_in_flight() -> None:
    async with Script({".": b""}).listening() as script:
        post = Ledger([envelope(1), envelope(2)])
        task = asyncio.create_task(Courier(relay(script.port), post, Facts()).run())
        await until(lambda: post.permitted == [1] and post.in_flight == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert isinstance(post.outcomes[1], Unanswered)
    assert post.put_backs == {2: 1}


async def test_a_post_that_raises_ends_the_run_with_nothing_owed() -> None:
    class Full(Ledger):
        async def permit(self, envelope: object) -> None:  # noqa: ARG002 - the signature is the protocol's
            raise OSError("no space left")

    async with Script().listening() as script:
        post = Full([envelope(1), envelope(2)])
        with pytest.raises(ExceptionGroup):
            await Courier(relay(script.port, connections=2), post, Facts()).run()
    assert post.in_flight == 0


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_a_relay_does_no_mail_is_lost_doubled_or_mistaken_for_another(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed makes the disorder repeatable
    refusals = [
        b"450 4.2.0 no\r\n",
        b"550 5.1.1 no\r\n",
        b"421 4.7.0 no\r\n",
        b"451-4.3.0 n\r\n451 4.3.0 o\r\n",
        Script.HANG_UP,
    ]
    taken: list[int] = []

    def answer(verb: str) -> Callable[[int, bytes], bytes]:
        def answered(_count: int, line: bytes) -> bytes:
            reply = chance.choice(refusals) if chance.random() < 0.1 else Script.GOOD[verb]
            if verb == "." and reply.startswith(b"250") and line:
                taken.append(int(line.split()[1]))
            if chance.random() < 0.02 and reply:
                reply += Script.LATER
            return reply

        return answered

    answers: dict[str, Answer] = {verb: answer(verb) for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".")}
    if seed % 3 == 0:
        answers["EHLO"] = NO_PIPELINING["EHLO"]
    script = Script(answers)
    script.dribble = seed % 4 == 1
    post = Ledger((envelope(number, b"Row: %d\r\n\r\n.\r\n" % number) for number in range(150)), again=1000)
    async with script.listening(), running(relay(script.port, connections=4, first_pause=0.001), post):
        outcomes = await post.settled(within=30)
    certain = {number for number, outcome in outcomes.items() if isinstance(outcome, Accepted)}
    unknown = {number for number, outcome in outcomes.items() if isinstance(outcome, Unanswered)}
    assert len(taken) == len(set(taken))
    assert certain <= set(taken) <= certain | unknown
    assert {int(body.split()[1]) for body in script.bodies if body} >= certain
    assert len(certain) > 60
