import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What this service knows of SMS: one call over REST, and three ways in which it can end badly. */
class Sms {
    static class NotSent extends Exception {}

    static class Refused extends Exception {}

    /** It may have been sent: never repeat it blindly. */
    static class OutcomeUnknown extends Exception {}

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern ID = Pattern.compile("\"id\": *\"([^\"]+)\"");

    static String send(String number, String text) throws Exception {
        var fields = Map.of("apikey", System.getenv("SMS_KEY"), "recipients", number, "message", text);
        var form = fields.entrySet().stream()
                .map(one -> one.getKey() + "=" + encode(one.getValue(), UTF_8))
                .collect(Collectors.joining("&"));
        var request = HttpRequest.newBuilder(URI.create(System.getenv("SMS_URL") + "/sendsms/"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        try {
            var answer = HTTP.send(request, BodyHandlers.ofString());
            var id = ID.matcher(answer.body());
            switch (answer.statusCode()) {
                case 200:
                    if (id.find()) return id.group(1);
                    throw new OutcomeUnknown();
                case 429: throw new NotSent();
                case 400, 403: throw new Refused();
                default: throw new OutcomeUnknown();
            }
        } catch (IOException lost) {
            throw (OutcomeUnknown) new OutcomeUnknown().initCause(lost);
        }
    }
}
