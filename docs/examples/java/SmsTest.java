import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Tests of Sms.java, against the `smsbridge mock` that SMS_URL names. */
class SmsTest {
    static String control(String method, String page) throws Exception {
        var url = URI.create(System.getenv("SMS_URL") + "/_mock/" + page);
        var none = HttpRequest.BodyPublishers.noBody();
        var request = HttpRequest.newBuilder(url).method(method, none).build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }

    static void check(String what, boolean holds) {
        System.out.println((holds ? "ok  " : "FAILED  ") + what);
        if (!holds) System.exit(1);
    }

    static String thrown(String number) throws Exception {
        control("POST", "reset");
        try {
            return Sms.send(number, "Hello");
        } catch (Sms.NotSent | Sms.Refused | Sms.OutcomeUnknown error) {
            return error.getClass().getSimpleName();
        }
    }

    public static void main(String[] arguments) throws Exception {
        control("POST", "reset");
        var id = Sms.send("+12025550123", "Crème brûlée, 5 €");
        var messages = control("GET", "messages");
        check("a message arrives", messages.contains(id) && messages.contains("Crème brûlée, 5 €"));
        check("a busy provider is told", thrown("+447700900429").equals("NotSent"));
        check("it took nothing", control("GET", "messages").equals("[]"));
        check("a refusal is told", thrown("no number").equals("Refused"));
        check("a lost answer is told", thrown("+447700900002").equals("OutcomeUnknown"));
        check("it was sent once", control("GET", "messages").split("\"id\"").length == 2);
    }
}
