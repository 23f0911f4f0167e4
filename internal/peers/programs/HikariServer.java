import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executors;

// As many threads as there are requests, and N connections between them.
public class HikariServer {
    static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, 2);
        exchange.getResponseBody().write("ok".getBytes());
        exchange.close();
    }

    public static void main(String[] args) throws Exception {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + System.getenv("DATABASE") + "/postgres");
        pool.setUsername("peer");
        pool.setMaximumPoolSize(Integer.parseInt(System.getenv("N")));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("PORT"))), 511);
        server.createContext("/heavy", exchange -> {
            int ms = Integer.parseInt(exchange.getRequestURI().getQuery().substring("ms=".length()));
            int status = 200;
            try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
                statement.execute("select pg_sleep(" + ms / 1000.0 + ")");
            } catch (SQLException e) {
                status = 503;
            }
            answer(exchange, status);
        });
        server.createContext("/health", exchange -> answer(exchange, 200));
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }
}
