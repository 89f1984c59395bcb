"""What servers say, and the one word for it."""

from __future__ import annotations

import pytest

from mailbot.mail.failure import Failure, code_in, command_in, completed, is_general, status_in
from mailbot.mail.reason import hard, reason

SAID = """
userunknown | rcpt | 550 5.1.1 <a@b.c>: Recipient address rejected: User unknown in virtual mailbox table
userunknown | rcpt | 550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking
userunknown | rcpt | 550 No such user here
userunknown | rcpt | 550 Mailbox not found
userunknown | rcpt | 550 5.1.1 unknown or illegal alias: a@b.c
userunknown | rcpt | 550 #5.1.0 Address rejected.
userunknown | rcpt | 550 Invalid recipient <a@b.c>
userunknown | rcpt | 550 a@b.c... No such user
userunknown | rcpt | 550 Requested action not taken: mailbox unavailable
userunknown | rcpt | 550 5.7.1 Unable to deliver to <a@b.c>
suspend | rcpt | 554 delivery error: dd Sorry. This account has been disabled or discontinued [#102].
suspend | rcpt | 550 5.2.1 The email account that you tried to reach is disabled.
suspend | rcpt | 550 Account inactive
suspend | rcpt | 550 5.2.1 Mailbox disabled for this recipient
mailboxfull | rcpt | 452 4.2.2 The email account that you tried to reach is over quota. Please direct
mailboxfull | rcpt | 552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full
mailboxfull | rcpt | 552 Requested mail action aborted: exceeded storage allocation
mailboxfull | rcpt | 522 5.2.2 mailbox full
mailboxfull | rcpt | 550 5.7.1 Quota exceeded (mailbox for user is full)
mesgtoobig | data | 552 5.3.4 Message size exceeds fixed limit
mesgtoobig | data | 552 5.3.4 Error: message file too big
exceedlimit | mail | 552 5.2.3 Message exceeds maximum fixed size (10485760)
mesgtoobig | mail | 552 5.3.4 Message size exceeds maximum value
hasmoved | rcpt | 551 5.1.6 recipient no longer on server
norelaying | rcpt | 550 5.7.1 <a@b.c>... Relaying denied
norelaying | rcpt | 554 5.7.1 <a@b.c>: Relay access denied
norelaying | rcpt | 550 5.7.1 Unable to relay for a@b.c
norelaying | rcpt | 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
norelaying | rcpt | 550 relay not permitted
rejected | mail | 550 5.7.1 Client does not have permissions to send as this sender
rejected | mail | 553 5.1.8 <a@b.c>... Domain of sender address a@b.c does not exist
rejected | mail | 450 4.1.8 <a@b.c>: Sender address rejected: Domain not found
rejected | mail | 550 5.7.1 Sender address rejected: Access denied
rejected | rcpt | 550 Verification failed for <a@b.c> Sender verify failed
blocked | rcpt | 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
blocked | conn | 554 5.7.1 Your IP address is blacklisted
blocked | conn | 554 p3plibsmtp01 bizsmtp ESMTP No access from your IP
blocked | rcpt | 550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus.
requireptr | rcpt | 550 5.7.1 <u[192.0.2.1]>: Client host rejected: cannot find your hostname
requireptr | mail | 554 5.7.1 The server sending your mail [192.0.2.1] does not have a reverse DNS entry
toomanyconn | conn | 421 4.7.0 Too many connections from your IP
toomanyconn | conn | 421 4.7.1 Too many concurrent SMTP connections
speeding | rcpt | 450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents
toomanyconn | mail | 421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your
virusdetected | data | 550 5.7.1 This message has been blocked because it contains a virus
virusdetected | data | 554 5.7.1 Message rejected because it contains malware
virusdetected | data | 550 5.7.1 Message contains spam or virus
spamdetected | data | 554 5.7.1 Spam message rejected
spamdetected | data | 550 High probability of spam
spamdetected | data | 571 Message Refused as spam
spamdetected | data | 550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce
spamdetected | data | 550 5.7.350 Remote server returned message detected as spam
spamdetected | data | 554 5.7.1 [P4] Message blocked due to spam content in the message.
authfailure | data | 550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail
authfailure | rcpt | 550 5.7.23 The message was rejected because of Sender Policy Framework violation
authfailure | data | 550 5.7.1 Email rejected per DMARC policy
authfailure | data | 554 5.7.5 Permanent error evaluating DMARC policy
authfailure | data | 550 DKIM signature verification failed
failedstarttls | mail | 530 5.7.0 Must issue a STARTTLS command first
securityerror | mail | 530 5.7.0 Authentication required
securityerror | ehlo | 535 5.7.8 Error: authentication failed
contenterror | data | 554 5.6.0 Message contains invalid header
notcompliantrfc | data | 550 5.6.0 Lone CR or LF in headers (see RFC2822 section 2.2)
notcompliantrfc | data | 554 5.5.0 Message is not RFC 5322 compliant
notcompliantrfc | data | 550 Message headers fail syntax check
policyviolation | data | 550 5.7.1 Message contains an illegal attachment
policyviolation | data | 552-5.7.0 This message was blocked because its content presents a potential security issue
systemerror | rcpt | 451 4.3.0 Temporary lookup failure
blocked | rcpt | 451 4.7.1 Greylisting in action, please come back later
blocked | rcpt | 450 4.7.1 <a@b.c>: Recipient address rejected: Greylisted
systemerror | rcpt | 451 Temporary local problem - please try later
systemerror | data | 451 4.3.2 Please try again later
systemfull | data | 452 4.3.1 Insufficient system storage
systemerror | data | 452 4.3.1 Out of memory
expired |  | host example.com[192.0.2.1] said: 451 4.4.1 timed out
expired |  | connect to example.com[192.0.2.1]:25: Connection refused
networkerror |  | lost connection with example.com[192.0.2.1] while sending RCPT TO
hostunknown |  | Host or domain name not found. Name service error for name=example.com type=AAAA: Host not found
networkerror |  | mail for example.com loops back to myself
systemerror |  | Sorry. Although I'm listed as a best-preference MX or A for that host, it isn't in my
hostunknown |  | Unrouteable address
hostunknown |  | all relevant MX records point to non-existent hosts
notaccept |  | an MX or SRV record indicated no SMTP service
notaccept |  | 556 5.1.10 Recipient address has null MX
networkerror |  | 554 5.4.14 Hop count exceeded - possible mail loop
networkerror |  | too many hops
mailboxfull |  | can't create user output file. Command output: procmail: Quota exceeded while writing
mailererror |  | unknown mailer error 1
mailererror |  | Command died with status 127: "/usr/bin/vacation"
mailboxfull |  | maildir delivery failed: error writing message: Disk quota exceeded
expired |  | delivery temporarily suspended: connect to a.b[1.2.3.4]:25: Connection timed out
userunknown | rcpt | 550 5.4.1 Recipient address rejected: Access denied. AS(201806281)
userunknown | rcpt | 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
securityerror | rcpt | 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery
rejected | rcpt | 550 5.7.124 sender is not in the allowed-senders list for the distribution group
securityerror | rcpt | 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required
mailboxfull | rcpt | 550 5.2.2 STOREDRV.Deliver; mailbox full
systemerror | rcpt | 451 4.7.500 Server busy. Please try again later from [1.2.3.4]. (S77719)
blocked | conn | 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet
blocked | rcpt | 550 permanent failure for one or more recipients (a@b.c:blocked)
userunknown | rcpt | 550 5.1.1 sid=x [R2] Recipient a@cox.net does not exist here.
userunknown | rcpt | 550-"The mail server could not deliver mail to a@b.c.  The account or domain may not exist,
blocked | conn | 554 IMP a bizsmtp rr.com ESMTP not accepting connections AUP#Out-1500
userunknown | rcpt | 550 5.1.1 <a@b.c> recipient rejected. IB603
spamdetected | rcpt | 550 5.0.350 Remote server returned an error -> 550 High spam score
rejected | data | 550 Mail is rejected by recipients
suspend | rcpt | 550 User suspended
suspend | rcpt | 550 Account blocked
hasmoved | rcpt | 550 user has moved; please try b@c.d
userunknown | rcpt | 550 5.1.1 User not local; please try <b@c.d>
spamdetected | data | 554 5.7.1 rejected by content filter
securityerror | data | 550 5.7.0 Local Policy Violation
policyviolation | rcpt | 550 Administrative prohibition
policyviolation | data | 550 Message rejected due to local policy
userunknown | rcpt | 550 Recipient Rejected: No account by that name here
userunknown | rcpt | 554 <a@b.c>: Recipient address rejected: undeliverable address: host x said: 550 user unknown
expired | rcpt | 450 4.1.1 <a@b.c>: Recipient address rejected: unverified address: connect to x: Connection timed out
userunknown | rcpt | 511 sorry, no mailbox here by that name (#5.1.1 - chkuser)
userunknown | rcpt | 554 5.1.1 Mailbox does not exist
userunknown | rcpt | 553 5.3.0 <a@b.c>... Addressee unknown, relay=[1.2.3.4]
hostunknown | rcpt | 550 5.1.2 <a@b.c>... Host unknown (Name server: b.c: host not found)
hostunknown | rcpt | 550 Domain does not exist
rejected | mail | 501 5.1.7 Invalid address
userunknown | rcpt | 501 5.1.3 Bad recipient address syntax
toomanyconn | rcpt | 550 Too many invalid recipients
spamdetected | rcpt | 554 Sending address not accepted due to spam filter
badreputation | data | 550 5.7.1 Reputation too low
spamdetected | data | 554 5.7.1 The message matches a profile the Internet community may consider spam.
hostunknown |  | all host address lookups failed permanently
networkerror |  | host lookup did not complete
networkerror |  | CNAME lookup failed temporarily. (#4.4.3)
notaccept |  | no host found for existing SMTP connection
syntaxerror |  | angle-brackets nested too deep
systemerror |  | delivery to file forbidden
expired |  | Message 1abc has been frozen
expired |  | retry time not reached for any host after a long failure period
toomanyconn |  | Domain example.jp has exceeded the max emails per hour (25/25 (100%)) allowed. Message discarded.
filtered |  | Cannot route mail to user (taro@example.jp).
systemerror |  | Several matches found in Domino address book
userunknown |  | User taro (taro@example.jp) not listed in Domino Directory
contenterror |  | Too many "Received" headers - suspected mail loop
expired |  | Deferred: Connection timed out with mail.example.jp.
blocked |  | Deferred: Connection refused by mail.example.jp.
mailboxfull |  | The recipient's inbox is full, or it's getting too much mail right now.
suspend |  | 550 5.2.1 Mailbox has been disabled due to inactivity
"""
"""Reason, the command that was refused, and a sentence as the servers people meet say it."""


def rows() -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in line.split("|", 2)) for line in SAID.strip().splitlines()]


@pytest.mark.parametrize(("word", "command", "said"), rows())
def test_a_sentence_has_its_reason(word: str, command: str, said: str) -> None:
    assert reason(completed(Failure("a@b.c", command=command, text=said))) == word


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (Failure("a@b.c", action="relayed"), "delivered"),
        (Failure("a@b.c", action="delayed"), "expired"),
        (Failure("a@b.c", meaning="rejected", text="user unknown"), "rejected"),
        (Failure("a@b.c", status="5.3.5"), "systemerror"),
        (Failure("a@b.c", status="5.1.1"), "userunknown"),
        (Failure("a@b.c", command="ehlo", status="5.1.1"), "blocked"),
        (Failure("a@b.c", command="mail"), "rejected"),
        (Failure("a@b.c", command="data"), "filtered"),
        (Failure("a@b.c", status="5.2.1", text="user unknown", comment="mailbox disabled, not accepting"), "suspend"),
        (Failure("a@b.c", code="550"), "onhold"),
        (Failure("a@b.c"), "undefined"),
        (Failure("a@b.c", status="4.0.0", text="domain not found"), "networkerror"),
        (Failure("a@b.c", text="550 5.7.0 header error (state 18)"), "filtered"),
        (Failure("a@docomo.ne.jp", text="550 Unknown user a@docomo.ne.jp"), "rejected"),
        (Failure("a@docomo.ne.jp", status="5.2.0", text="550 Unknown user a@docomo.ne.jp"), "filtered"),
        (Failure("a@b.c", command="rcpt", text="recipient refused"), "userunknown"),
        (Failure("a@b.c", around="the mailbox is full"), "mailboxfull"),
    ],
)
def test_what_decides_besides_the_words(failure: Failure, word: str) -> None:
    assert reason(failure) == word


@pytest.mark.parametrize(
    ("word", "status", "dead"),
    [
        ("userunknown", "5.1.1", True),
        ("hostunknown", "5.1.2", True),
        ("hasmoved", "5.1.6", True),
        ("notaccept", "5.1.10", True),
        ("notaccept", "4.0.0", False),
        ("mailboxfull", "5.2.2", False),
        ("filtered", "5.7.1", False),
    ],
)
def test_a_number_that_begins_with_five_is_no_dead_address(word: str, status: str, dead: bool) -> None:  # noqa: FBT001
    assert hard(word, Failure("a@b.c", status=status)) is dead


def test_codes_in_words() -> None:
    assert status_in("550 5.0.0 first, then 5.1.1 and 10.5.1.1") == "5.1.1"
    assert status_in("no 5.1 here") == ""
    assert code_in("250 ok, then 550 no; 500 kbytes") == "550"
    assert code_in("220 welcome") == "220"
    assert code_in("nothing") == ""
    assert (is_general("5.0.0"), is_general("5.1.1")) == (True, False)


def test_commands_in_words() -> None:
    assert command_in("host said: 550 (in reply to RCPT TO command)") == "rcpt"
    assert command_in("refused to talk to me: 554") == "conn"
    assert command_in("words") == ""


def test_the_host_that_refused_is_found_in_the_words() -> None:
    failure = completed(Failure("A@B.C", around="host mx.Example.jp [192.0.2.1] said: 550 no such user"))
    assert (failure.recipient, failure.remote, failure.text) == ("a@b.c", "mx.example.jp", "550 no such user")
