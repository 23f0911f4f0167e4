import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class JdkServer {
    static void answer(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 2);
        exchange.getResponseBody().write("ok".getBytes());
        exchange.close();
    }

    public static void main(String[] args) throws Exception {
        int n = Integer.parseInt(System.getenv("N"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("PORT"))), 511);
        server.createContext("/heavy", exchange -> {
            try {
                Thread.sleep(Integer.parseInt(exchange.getRequestURI().getQuery().substring("ms=".length())));
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            answer(exchange);
        });
        server.createContext("/health", JdkServer::answer);
        switch (args[0]) {
            case "fixed" -> server.setExecutor(Executors.newFixedThreadPool(n));
            case "cached" -> server.setExecutor(Executors.newCachedThreadPool());
            case "default" -> {} // runs on the thread that dispatches
        }
        server.start();
    }
}
