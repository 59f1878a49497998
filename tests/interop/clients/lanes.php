<?php
// php lanes.php ADDRESS LANE TURNS: a suite that has a lane of a mock for itself
[, $address, $lane, $turns] = $argv;

function call(string $method, string $url, string $type = '', string $body = ''): array
{
    $ch = curl_init($url);
    curl_setopt($ch, CURLOPT_CUSTOMREQUEST, $method);
    curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
    if ($body !== '') {
        curl_setopt($ch, CURLOPT_POSTFIELDS, $body);
        curl_setopt($ch, CURLOPT_HTTPHEADER, ["Content-Type: $type"]);
    }
    $said = json_decode(curl_exec($ch), true);
    return [curl_getinfo($ch, CURLINFO_RESPONSE_CODE), $said];
}

function control(string $method, string $path, string $body = ''): array
{
    global $address, $lane;
    return call($method, "$address/_mock/$path?lane=$lane", 'application/json', $body)[1];
}

function send(string $text): int
{
    global $address, $lane;
    $form = ['apikey' => "test-key-$lane", 'recipients' => '+12025550123', 'message' => $text];
    $type = 'application/x-www-form-urlencoded';
    return call('POST', "$address/sendsms/", $type, http_build_query($form))[0];
}

for ($turn = 0; $turn < $turns; $turn++) {
    control('POST', 'reset');
    control('POST', 'fault', '{"name": "server-error:502", "times": 1}');
    $statuses = [send("$lane $turn a"), send("$lane $turn b")];
    $texts = array_column(control('GET', 'messages'), 'text');
    $seen = [$statuses, $texts, count(control('GET', 'requests')['requests'])];
    if ($seen !== [[502, 200], ["$lane $turn a", "$lane $turn b"], 2]) {
        fwrite(STDERR, "turn $turn: " . json_encode($seen));
        exit(1);
    }
}
echo $turns;
