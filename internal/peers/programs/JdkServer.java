import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

public class JdkServer {
    static final int N = Integer.parseInt(System.getenv("N"));

    static void answer(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 2);
        exchange.getResponseBody().write("ok".getBytes());
        exchange.close();
    }

    static Executor executor(String name) {
        return switch (name) {
            case "fixed" -> Executors.newFixedThreadPool(N);
            case "queue-first" -> new ThreadPoolExecutor(2, N, 60, TimeUnit.SECONDS, new ArrayBlockingQueue<>(10));
            case "no-queue" -> new ThreadPoolExecutor(N, N, 60, TimeUnit.SECONDS, new SynchronousQueue<>());
            case "cached" -> Executors.newCachedThreadPool();
            default -> null; // runs on the thread that dispatches
        };
    }

    public static void main(String[] args) throws Exception {
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
        server.setExecutor(executor(args[0]));
        server.start();
    }
}
