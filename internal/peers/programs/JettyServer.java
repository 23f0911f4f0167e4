import java.io.IOException;
import java.util.EnumSet;
import javax.servlet.DispatcherType;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.servlets.QoSFilter;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

public class JettyServer {
    static class Sleeping extends HttpServlet {
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            if (request.getParameter("ms") != null) {
                try {
                    Thread.sleep(Integer.parseInt(request.getParameter("ms")));
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            response.getWriter().print("ok");
        }
    }

    public static void main(String[] args) throws Exception {
        String n = System.getenv("N");
        boolean threads = args[0].equals("threads");
        Server server = new Server(new QueuedThreadPool(threads ? Integer.parseInt(n) : 200));
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        if (!threads) {
            FilterHolder filter = new FilterHolder(QoSFilter.class);
            filter.setInitParameter("maxRequests", n);
            filter.setAsyncSupported(true);
            context.addFilter(filter, "/heavy", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        }
        ServletHolder servlet = new ServletHolder(new Sleeping());
        servlet.setAsyncSupported(true);
        context.addServlet(servlet, "/*");
        server.setHandler(context);
        server.start();
        server.join();
    }
}
