"""What servers of the world say, as their operators publish it, in many languages: each with its word."""

from __future__ import annotations

import time

import pytest

from mailbot.mail.failure import Failure, completed
from mailbot.mail.reason import plain, reason

SAID = r"""
authfailure | data | 550 5.7.1 Unauthenticated email is not accepted from this domain.
authfailure | data | 550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification
authfailure | data | 550 5.7.1 Your message was rejected due to example.com DMARC policy.
authfailure | data | 550 DMARC check failed
authfailure | mail | 550 Invalid SPF record. Please inspect your SPF settings, and try again. IB508
authfailure | data | 550 5.7.1 Mail failed DKIM and SPF alignment
authfailure | mail | 550 5.7.23 SPF fail - not authorized
authfailure | data | 550 message does not pass authentication checks (SPF or DKIM)
authfailure | mail | 501 5.0.2 Mail rejected. DMARC check failed.
authfailure | data | 550 Message rejected due to senders DMARC policy
authfailure | data | 550 Message does not pass DomainKeys
badreputation | conn | 550 Message rejected due to sender IP reputation (192.0.2.1)
badreputation | conn | 554 5.7.1 Sender's IP has a poor reputation
badreputation | conn | 550 csi.mimecast.org Poor Reputation Sender.
blocked | conn | 421 4.7.0 IP not in whitelist for RCPT domain, closing connection. gsmtp
blocked | mail | 550 5.7.606 Access denied, banned sending IP [192.0.2.1]
blocked | conn | 553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list
blocked | conn | 550 black ip.
blocked | conn | 554 rbl deny.
blocked | ehlo | 555 helohost error.
blocked | conn | 550 IP is rejected
blocked | rcpt | 451 Greylisting in effect, please retry in 5 minutes
blocked | conn | 554 The sender 192.0.2.1 is banned
blocked | mail | 550 5.7.1 Rejecting mail, 192.0.2.1 is blacklisted
blocked | conn | 554 5.7.1 Your access to submit messages to this e-mail system has been rejected.
contenterror | data | 554 Too many Received: headers
contenterror | data | 554 5.6.1 Body type not supported by remote host
contenterror | data | 550 5.6.0 cannot convert 8bit content to 7bit
contenterror | data | 552 MessageWall: MIME/REJECT: Invalid structure
contenterror | data | The user does not accept email in non-Western (non-Latin) character sets.
exceedlimit |  | 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
expired | rcpt | 451 4.4.2 Timeout - closing connection.
expired |  | 4.4.7 Message expired
expired |  | 450 4.4.316 Connection refused [Message=Socket error code 10061]
expired |  | Connected to 192.0.2.1 but connection died. (#4.4.2)
expired |  | 421 4.4.2 mx.example.jp Error: timeout exceeded
expired |  | Could not send message for past 4 hours
expired |  | Operation timed out while waiting for the remote server's greeting
expired |  | Message could not be delivered for 5 days, giving up
expired |  | Retry time limit has been exceeded
expired |  | Your message has been in the queue for more than 5 days
expired |  | x@example.com... Deferred: Connection timed out with hkfight.com. Message could not be delivered for 5 days
failedstarttls | rcpt | 421 4.7.0 TLS required for RCPT domain, closing connection.
failedstarttls |  | TLS negotiation failed: certificate verify failed
filtered | data | 550 User unknown
filtered | data | 554 5.7.1 The message was rejected by the user's mail rules
hasmoved | rcpt | 551 5.1.6 Mailbox has moved
hasmoved | rcpt | 550 This user has moved to another provider, see http://example.com
hasmoved | rcpt | 550 recipient has changed his e-mail address
hostunknown |  | 550 5.4.310 DNS domain example.jp does not exist
hostunknown |  | 550 5.4.312 Message=DNS query failed: example.jp domain not found
hostunknown |  | bad address: host name is unknown
hostunknown |  | Domain example.invalid has no MX or A records
hostunknown |  | Host example.invalid not found: 3(NXDOMAIN)
hostunknown |  | Unable to resolve destination domain example.invalid
hostunknown |  | 550 5.1.2 The recipient's domain name was not found in DNS
hostunknown |  | The domain part of the address could not be resolved
hostunknown | rcpt | 556 Invalid account. Tenant or Domain not found
hostunknown |  | 498 No MX for example.invalid
hostunknown |  | no route found to domain
hostunknown |  | hostname is unknown
mailboxfull | rcpt | 550 5.2.2 The email account that you tried to reach is over quota.
mailboxfull | rcpt | 550 Benutzer hat das Speichervolumen ueberschritten. / User has exhausted allowed storage space.
mailboxfull | rcpt | 550 Benutzer hat zuviele Mails auf dem Server. / User has too many messages on the server.
mailboxfull | rcpt | 552 Quota exceeded or service disabled. (#5.2.2)
mailboxfull | rcpt | 552 Too much mail data a@docomo.example
mailboxfull | rcpt | 552 収件人空間不足 mailbox is full
mailboxfull | rcpt | 550 Почтовый ящик переполнен
mailboxfull | rcpt | 552 Boite du destinataire pleine
mailboxfull | rcpt | 552 La casella del destinatario e' piena
mailboxfull | rcpt | 452 4.2.2 User's inbox has no more room
mailboxfull | rcpt | 550 Recipient has too many stored messages
mailererror |  | Command died with signal 11: "/usr/local/bin/filter"
mailererror |  | local delivery agent exited with status 75
mailererror |  | vacation program failed
mesgtoobig | data | 552 5.3.4 Your message exceeded Google's message size limits.
mesgtoobig |  | 552 5.3.4 Message size exceeds fixed maximum message size
mesgtoobig | data | 552 Error: message too large
mesgtoobig | data | 552 message is too long.
mesgtoobig | data | 552 exceeded mailsize limit
mesgtoobig | data | 552 Maximum message size exceeded
mesgtoobig | mail | 552 5.3.4 Message too big for system
mesgtoobig | data | 550 Your mail is larger than what is accepted here (20 MB)
mesgtoobig | mail | 552 sorry, that message size exceeds my databytes limit (#5.3.4)
mesgtoobig | data | 552 メールのサイズが制限を超えています
mesgtoobig |  | cannot append message to destination file /var/mail/dale: error writing message: File too large
networkerror |  | 5.4.6 Hop count exceeded - possible mail loop
networkerror | data | 552 looping message.
networkerror | data | This message is looping: it already has my Delivered-To line. (#5.4.6)
networkerror |  | Too many hops 26 (25 max)
networkerror |  | Routing loop detected: mail already passed this host
networkerror |  | DNS server failure while resolving example.jp
networkerror |  | Name server timeout for example.jp, temporary failure in name resolution
networkerror |  | connect to mx.example.jp[192.0.2.3]:25: Network is unreachable
networkerror |  | Too many hops
networkerror |  | delivery temporarily suspended: connect to 192.0.2.1[192.0.2.1]: No route to host
networkerror |  | 451 4.4.1 reply: read error from www.example.com. Deferred: Connection reset by www.example.com.
networkerror |  | 451 example.com.tw: Name server timeout
norelaying | rcpt | 550 5.7.64 TenantAttribution; Relay Access Denied
norelaying | rcpt | 553 host denies relay.
norelaying | rcpt | 550 Relay not permitted
norelaying | rcpt | 554 Email rejected due to security policies: open relay not allowed
norelaying | rcpt | 550 5.7.1 Rejecting mail: we do not relay for you
norelaying | rcpt | 550 5.7.1 We do not relay mail from 192.0.2.1
norelaying | rcpt | 551 This mail server does not permit relaying
norelaying | rcpt | 550 not authorized to relay through this server
norelaying | rcpt | 550 This is not a relay host
norelaying | rcpt | 503 This mail server requires authentication when attempting to send to a non-local e-mail address.
norelaying | rcpt | 550 5.7.1 host isn't allowed to relay
norelaying | rcpt | 550 relaying denied for <example@example.com>
notaccept |  | Domain example.jp does not accept mail (nullMX)
notaccept |  | 554 5.1.10 null MX: the domain accepts no mail
notaccept | conn | 521 example.com does not accept mail
notaccept | rcpt | 556 5.1.10 Recipient address has a null MX
notcompliantrfc | data | 550 5.7.1 Messages missing a valid messageId header are not accepted.
notcompliantrfc | data | 550 5.7.1 Message has no From header
notcompliantrfc | data | 550 bare LF received
notcompliantrfc | data | 550 Header syntax does not comply with RFC 5322
notcompliantrfc | data | 550 5.6.0 missing Date header
notcompliantrfc | data | 550 message does not comply with required standards
notcompliantrfc | data | 554 Message not allowed - Headers are not RFC compliant[291]
policyviolation | data | 550 5.7.1 This message violates example.com email policy. - gcdp
policyviolation | data | 550 5.7.1 [CS01] Message rejected due to local policy.
policyviolation | data | 554 Email rejected due to security policies
policyviolation | data | 550 Denied by policy
policyviolation | mail | 553 User defined policy matched for 192.0.2.1
policyviolation | data | 550 5.7.1 Executable attachments are not allowed
policyviolation | data | 554 Message rejected by policy: file type .exe forbidden
policyviolation | data | 550 5.7.1 rejected for policy reasons
policyviolation | data | 550 Transaction failed: violates company mail policy
policyviolation | data | 554 Email not accepted for policy reasons
policyviolation | data | 550 Reject due to policy restrictions
policyviolation | rcpt | 550 Administrative prohibition - unable to validate recipient
rejected | rcpt | 550 5.7.193 UserNotInGroup; only group members can send
rejected | rcpt | 550 5.7.124 Sender not in allowed-senders list
rejected | rcpt | 550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized
rejected | data | 550 5.1.8 Access denied, bad outbound sender
rejected | mail | 553 host denies the sender.
rejected | mail | 554 sender is unvalidated.
rejected | mail | 550 Requested mail action not taken: Fake sender
rejected | mail | 550 sender is rejected
rejected | mail | 550 Sender verification failed
rejected | mail | 550 [permfail] bellsouth.net requires valid sender domain
rejected | mail | 550 From: Domain is invalid. Please provide a valid From: IB506
rejected | mail | 553 example.co.jp does not exist as sender domain
requireptr | conn | 554 Refused. Your reverse DNS entry contains your IP address and a country code.
requireptr | conn | 421-failure in DNS look-up. Your IP address must have a valid reverse DNS entry
requireptr | conn | 421 Temporarily rejected. Reverse DNS for this IP failed. IB108
requireptr | conn | 451 Bad reverse DNS.
requireptr | conn | 550 no PTR record for your IP address
requireptr | conn | 554 IP without a valid reverse DNS record
requireptr | mail | 554 Connection refused(mx). MAIL FROM [x@example.com] mismatches client IP [192.0.2.1].
requireptr | mail | 550 5.7.1 Fix reverse DNS for 10.0.8.8
requireptr | rcpt | 421 Refused. Your reverse DNS entry does not resolve.
requireptr | conn | 554 bosimpinc14 bizsmtp Connection rejected. Reverse DNS for 192.0.2.1 does not exist.
requireptr | rcpt | 550 Broken Reverse DNS no host name found.
securityerror | mail | 530 5.5.1 Authentication Required.
securityerror | mail | 530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM
securityerror | rcpt | 553 5.3.0 <a@example.jp>... Please receive your mail before sending
securityerror | mail | 550 5.7.1 SMTP AUTH is required to send
securityerror | ehlo | 535 5.7.8 Username and Password not accepted
securityerror | mail | 550 Please turn on SMTP Authentication in your mail client
securityerror | mail | 550 authentication required
securityerror | mail | 553 AUTH FAILED - x@example.com
securityerror | mail | 550 Local user only or Authentication mechanism
securityerror | mail | 535 Authentication Failure: SMTP AUTH Failed with the Remote Server
spamdetected | data | 550 Mail content denied.
spamdetected | data | 550 Suspected spam sender.
spamdetected | data | 552 message rejected by anti-spam engine.
spamdetected | data | 550 mail was identified as spam
spamdetected | data | 554 5.7.1 Message contains spam content (score 12.1)
spamdetected | data | 550 This looks like a bulk mail, rejected
spamdetected | data | 554 Message refused by content scanner
spamdetected | data | 550 URL in message is blacklisted by SURBL
spamdetected | data | 550 Your message was rejected because it appears to be SPAM
spamdetected | data | 554 5.7.1 Сообщение похоже на спам
spamdetected | data | 550 spam message rejected. Please visit http://help.mail.ru/notspam-support/
spamdetected | data | 550 REJECT spam
speeding | rcpt | 432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded
speeding | rcpt | 450 User is receiving mail too quickly
speeding | rcpt | 450 4.2.1 The recipient has exceeded message rate limit. Try again later.
suspend | rcpt | 550 5.2.1 The email account that you tried to reach is inactive.
suspend | rcpt | 550 5.2.1 <a@gmx.de>... User is inactive
suspend | rcpt | 550 <a@lycos.de>: Recipient address rejected: Account Closed
suspend | rcpt | 550 user is locked.
suspend | rcpt | 550 user disabled
suspend | rcpt | 550 This account has been temporarily suspended
suspend | rcpt | 550 [suspend] Mailbox currently suspended--Please contact correspondent directly.
suspend | rcpt | 550 Mailbox is inactive
suspend | rcpt | 550 5.2.1 This mailbox has been blocked due to inactivity
suspend | rcpt | 550 User account has expired
suspend | rcpt | 525 5.7.13 User Account Disabled
suspend | rcpt | 550 The customer's account was cancelled
syntaxerror | rcpt | 451 4.5.0 SMTP protocol violation, see RFC 2821.
syntaxerror | rcpt | 501 5.5.4 Syntax error in parameters or arguments
syntaxerror | mail | 502 5.5.2 Error: command not recognized
syntaxerror | data | 503 5.5.1 Bad sequence of commands
systemerror | rcpt | 451 mta.example.yahoo.com Resources temporarily unavailable. Please try again later [#4.16.1].
systemerror | rcpt | 451 4.3.2 Internal server error
systemerror | rcpt | 451 4.7.1 Service unavailable - try again later
systemerror | rcpt | 450 database temporary error.
systemerror | data | 554 error writing message: message could not be stored
systemerror | rcpt | 451 4.3.0 Temporary server error, please try later
systemerror | data | 451 4.3.5 Server configuration error
systemerror | rcpt | 421 Service not available, closing transmission channel
systemerror | data | 554 5.3.0 Unspecified internal failure of the mail system
systemerror | rcpt | 451 4.3.5 Server configuration problem
systemerror | rcpt | 451 4.7.1 Sorry, the service is currently unavailable. Please come back later
systemerror | data | 451 4.3.0 queue file write error
systemfull | data | 452 4.3.1 No space left on device
systemfull | rcpt | 452 Insufficient system storage
toomanyconn | rcpt | 452 4.5.3 Your message has too many recipients.
toomanyconn | mail | 550 5.4.5 Daily sending quota exceeded.
toomanyconn | conn | 421 Max message per connection reached, closing transmission channel
toomanyconn | conn | 421 4.7.0 me.com Error: too many errors
toomanyconn | data | 421 4.7.1 Messages to a@icloud.com deferred due to excessive volume. Try again later
toomanyconn | data | 550 Sender frequency limited.
toomanyconn | conn | 421 Unable to process connection at this time, concurrent connections limit
toomanyconn | rcpt | 550 Dictionary attack detected, too many invalid recipients
toomanyconn | conn | 421 Too many concurrent sessions from your host
toomanyconn | rcpt | 450 4.7.1 Rate limit exceeded, slow down
toomanyconn | mail | 421 4.7.0 sending rate exceeded, message deferred
userunknown | rcpt | 550 5.1.10 Recipient not found by SMTP address lookup
userunknown | rcpt | 550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found
userunknown | rcpt | 550 Unknown local part taro in <taro@web.de>
userunknown | rcpt | 550 Benutzer nicht bekannt/User unknown
userunknown | rcpt | 550 5.2.0 No such mailbox
userunknown | rcpt | 550 Mailbox not found. http://service.mail.example
userunknown | rcpt | 550 unavailable mail user
userunknown | rcpt | 550 Invalid User : a@example.cn
userunknown | rcpt | 550 user not known
userunknown | rcpt | 550 mailbox currently unavailable
userunknown | rcpt | 550 recipient does not have an account
userunknown | rcpt | 550 not user of this server
userunknown | rcpt | 550 User not found: a@example.cn
userunknown | rcpt | 550 user not exist
userunknown | rcpt | 550 5.7.1 <a@example.com>: Recipient address rejected: User email address is marked as invalid.
userunknown | rcpt | 550 Invalid recipient: <a@i.softbank.example>
userunknown | rcpt | 550 can't accept user
userunknown | rcpt | 550 cuda_nsu 5.1.1 <a@example.jp>: Recipient address rejected: No such user
userunknown |  | 550 5.1.1 user name is unknown
userunknown | rcpt | 550 Addressee is not known here
userunknown | rcpt | 550 5.1.1 <a@b.example> is not a valid mailbox
userunknown | rcpt | 551 User not local; please try forwarding
userunknown | rcpt | 553 Requested action not taken: mailbox name not allowed
userunknown | rcpt | 550 That user account does not exist on this system
userunknown | rcpt | 550 5.1.1 No one here by that name
userunknown | rcpt | 550 Sorry, this recipient was removed from our system
userunknown | rcpt | 550 5.1.1 Address does not exist on this server
userunknown | rcpt | 550 5.1.1 Unknown mailbox: a@b.example
userunknown | rcpt | 550 Recipient is not registered with us
userunknown | rcpt | 550 5.1.0 No account with that address
userunknown | rcpt | 550 User has left the organisation
userunknown | rcpt | 550 Adresse d au moins un destinataire invalide. Invalid recipient.
userunknown | rcpt | 550 L'utilisateur n'existe pas
userunknown | rcpt | 550 El usuario no existe
userunknown | rcpt | 550 La casella di posta non esiste
userunknown | rcpt | 550 Caixa postal inexistente
userunknown | rcpt | 550 Empfaenger existiert nicht
userunknown | rcpt | 550 Gebruiker onbekend
userunknown | rcpt | 550 Пользователь не найден
userunknown | rcpt | 550 5.1.1 Такого пользователя нет
virusdetected | data | 552 Virus found.
virusdetected | data | 554 Rejected: virus signature detected
virusdetected | data | 550 Attachment contains a worm
virusdetected | data | 554 5.7.1 infected by Eicar-Test-Signature
virusdetected | data | 554 rejected due to virus
virusdetected | data | 552 5.7.1 virus [name] detected by Zoho Mail
"""
"""Reason, the command that was refused, and the answer."""

OF_NOBODY = """
rcpt | 550 5.7.1 Command rejected
rcpt | 554 5.7.1 Access denied
rcpt | 550 Permission denied
rcpt | 550 5.7.1 You are not authorized to send to this recipient
rcpt | 550 5.7.1 This recipient does not accept mail from outside the organization
rcpt | 550 Not accepting messages for this user at the moment
rcpt | 451 4.3.0 <a@b.c>: Temporary lookup failure
rcpt | 450 4.1.1 <a@b.c>: Recipient address rejected: unverified address: Address verification in progress
rcpt | 550 User does not want mail from you
rcpt | 550 Recipient's server is not available
rcpt | 550 You are not on this user's whitelist
rcpt | 550 No authentication, this user requires it
rcpt | 550 the recipient address is not permitted to receive external mail
rcpt | 550 No MX for sender's domain
"""
"""Answers that speak of recipients, and yet not of unknown ones."""


def rows(table: str, columns: int) -> list[tuple[str, ...]]:
    lines = [line.split("|", columns - 1) for line in table.strip().splitlines()]
    return [tuple(part.strip() for part in line) for line in lines]


@pytest.mark.parametrize(("word", "command", "said"), rows(SAID, 3))
def test_an_answer_has_its_reason(word: str, command: str, said: str) -> None:
    assert reason(completed(Failure("a@b.c", command=command, text=said))) == word


@pytest.mark.parametrize(("command", "said"), rows(OF_NOBODY, 2))
def test_an_address_is_not_dead_by_a_word(command: str, said: str) -> None:
    assert reason(completed(Failure("a@b.c", command=command, text=said))) != "userunknown"


@pytest.mark.parametrize(
    ("status", "said", "word"),
    [
        ("5.1.1", "internal error", "userunknown"),
        ("5.1.1", "mailbox is full", "mailboxfull"),
        ("5.1.2", "bad destination", "hostunknown"),
        ("4.1.1", "internal error", "systemerror"),
        ("5.7.606", "access denied", "blocked"),
        ("5.2.122", "come back", "speeding"),
        ("5.7.64", "no", "norelaying"),
        ("5.7.1", "no", "securityerror"),
        ("5.0.0", "554 no", "onhold"),
        ("", "451 no", "systemerror"),
        ("", "552 no", "mailboxfull"),
    ],
)
def test_numbers_decide_where_words_do_not(status: str, said: str, word: str) -> None:
    assert reason(completed(Failure("a@b.c", command="rcpt", status=status, text=said))) == word


@pytest.mark.parametrize(
    ("host", "said", "word"),
    [
        ("mx.east.cox.net", "554 cox too many sessions AUP#CXCNCT", "toomanyconn"),
        ("mx1.comcast.net", "554 see smtp-error-codes.php#BL000010", "blocked"),
        ("163mx01.mxmail.netease.com", "554 DT:SPM 163 mx1", "spamdetected"),
        ("mailin-01.mx.aol.com", "554- (RTR:RD) see errors", "requireptr"),
        ("eur.olc.protection.outlook.com", "421 RP-001 the rate", "toomanyconn"),
    ],
)
def test_a_host_has_codes_of_its_own(host: str, said: str, word: str) -> None:
    assert reason(completed(Failure("a@b.c", command="data", remote=host, text=said))) == word


def test_words_are_spelled_one_way() -> None:
    assert plain("I can\u2019t find this E-Mail  mail-box") == "i can not find this email mailbox"


@pytest.mark.parametrize(
    "piece",
    ["user ", "no ", "mailbox is ", "x" * 39 + " ", "not a ", "exceeded ", "recipient @ is now ", "domain a.b "],
)
def test_judging_words_takes_time_by_length_only(piece: str) -> None:
    began = time.process_time()
    reason(Failure("a@b.c", text=piece * 5000, around=piece * 5000))
    assert time.process_time() - began < 1
