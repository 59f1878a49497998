<?php // receives webhooks from the bridge
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
$body = file_get_contents('php://input');

$key = base64_decode(substr(getenv('SHOP_WEBHOOK_SECRET'), strlen('whsec_')));
$right = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
$given = $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '';
$fitting = array_filter(explode(' ', $given), fn($one) => hash_equals($right, $one));
if (!$fitting || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit;
}

if (!is_file("events/$id")) { // else it is a duplicate: only acknowledge it
    $event = json_decode($body, true);
    file_put_contents('log.txt', "$event[type] {$event['data']['id']}\n", FILE_APPEND);
    touch("events/$id");
}
http_response_code(204);
