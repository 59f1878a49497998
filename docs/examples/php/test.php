<?php
// Tests of sms.php, against the `smsbridge mock` that SMS_URL names.
require 'sms.php';

function control(string $method, string $page): mixed
{
    $context = stream_context_create(['http' => ['method' => $method]]);
    return json_decode(file_get_contents(getenv('SMS_URL') . "/_mock/$page", false, $context));
}

function check(string $what, bool $holds): void
{
    echo $holds ? 'ok' : 'FAILED', "  $what\n";
    $holds || exit(1);
}

function thrown(string $number): string
{
    try {
        send($number, 'Hello');
    } catch (RuntimeException $error) {
        return $error::class;
    }
    return 'nothing';
}

control('POST', 'reset');
$id = send('+12025550123', 'Crème brûlée, 5 €');
[$message] = control('GET', 'messages');
check('a message arrives', [$message->id, $message->recipient] === [$id, '+12025550123']);
check('its text is whole', $message->text === 'Crème brûlée, 5 €');

control('POST', 'reset');
check('a refusal is told', thrown('no number') === 'Refused');
check('it was not taken', control('GET', 'messages') === []);
check('a lost answer is told', thrown('+447700900002') === 'OutcomeUnknown');
check('it was sent once', count(control('GET', 'messages')) === 1);
