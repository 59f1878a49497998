<?php
/* Symfony's notifier bridges: one adapter for all. A JSON line in for each message, a JSON line out,
   as worker.py does it; ``settings`` has ``bridge``, the name of its folder, and ``dsn``, Symfony's
   own, a template over the job. What PHP warns of goes to stderr. */

ini_set('display_errors', 'stderr');
error_reporting(E_ALL & ~E_DEPRECATED);
$root = '/usr/share/php/Symfony/Component';

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(answer($root, json_decode($line, true))), "\n";
}

function answer($root, $job)
{
    $bridge = $job['settings']['bridge'];
    foreach (["$root/HttpClient/autoload.php", "$root/Notifier/Bridge/$bridge/autoload.php"] as $file) {
        if (!is_file($file)) {
            return ['missing' => $file, 'install' => "apt-get install the package that has it: php-symfony-…-notifier"];
        }
        require_once $file;
    }
    $values = ['to' => $job['to'], 'sender' => $job['sender'], 'host' => $job['host']] + $job['credentials'];
    foreach ($values as $name => $value) {
        $filled["{{$name}}"] = rawurlencode($value);
        $filled["{{$name}_digits}"] = rawurlencode(ltrim($value, '+'));
    }
    $dsn = strtr($job['settings']['dsn'], $filled);
    $factory = "Symfony\\Component\\Notifier\\Bridge\\$bridge\\{$bridge}TransportFactory";
    try {
        $client = Symfony\Component\HttpClient\HttpClient::create();
        $transport = (new $factory(null, $client))->create(new Symfony\Component\Notifier\Transport\Dsn($dsn));
        $sent = $transport->send(new Symfony\Component\Notifier\Message\SmsMessage($job['to'], $job['text']));
        return ['accepted' => true, 'said' => (string) $sent->getMessageId()];
    } catch (Throwable $error) {
        return ['accepted' => false, 'said' => (string) $error];
    }
}
