import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

public class JettyServer {
    public static void main(String[] args) throws Exception {
        Server server = new Server(new QueuedThreadPool(Integer.parseInt(System.getenv("N"))));
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        server.addConnector(connector);
        server.setHandler(new AbstractHandler() {
            public void handle(String target, Request request, HttpServletRequest r, HttpServletResponse response) throws IOException {
                if (target.equals("/heavy")) {
                    try {
                        Thread.sleep(Integer.parseInt(r.getParameter("ms")));
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                response.getWriter().print("ok");
                request.setHandled(true);
            }
        });
        server.start();
        server.join();
    }
}
