import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

public class TomcatServer {
    interface Handler {
        void handle(HttpServletRequest request, HttpServletResponse response) throws Exception;
    }

    static final int N = Integer.parseInt(System.getenv("N"));
    static final Semaphore semaphore = new Semaphore(N, true);
    static final ExecutorService callables = Executors.newFixedThreadPool(N);
    static final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);

    static void sleep(HttpServletRequest request) throws InterruptedException {
        Thread.sleep(Integer.parseInt(request.getParameter("ms")));
    }

    static void complete(AsyncContext context) {
        try {
            context.getResponse().getWriter().print("ok");
        } catch (IOException e) {
            throw new RuntimeException(e);
        }
        context.complete();
    }

    static void blocking(HttpServletRequest request, HttpServletResponse response) throws Exception {
        sleep(request);
        response.getWriter().print("ok");
    }

    static void withSemaphore(HttpServletRequest request, HttpServletResponse response) throws Exception {
        semaphore.acquire();
        try {
            sleep(request);
        } finally {
            semaphore.release();
        }
        response.getWriter().print("ok");
    }

    static synchronized void withMonitor(HttpServletRequest request, HttpServletResponse response) throws Exception {
        sleep(request);
        response.getWriter().print("ok");
    }

    // What CompletableFuture from a non-blocking client becomes.
    static void async(HttpServletRequest request, HttpServletResponse response) {
        AsyncContext context = request.startAsync();
        int ms = Integer.parseInt(request.getParameter("ms"));
        timer.schedule(() -> complete(context), ms, TimeUnit.MILLISECONDS);
    }

    // What returning a Callable becomes.
    static void callable(HttpServletRequest request, HttpServletResponse response) {
        AsyncContext context = request.startAsync();
        context.setTimeout(0);
        callables.submit(() -> {
            sleep(request);
            complete(context);
            return null;
        });
    }

    static void health(HttpServletRequest request, HttpServletResponse response) throws Exception {
        response.getWriter().print("ok");
    }

    static void add(Context context, String path, Handler handler) {
        Wrapper wrapper = Tomcat.addServlet(context, path, new HttpServlet() {
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                try {
                    handler.handle(request, response);
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        });
        wrapper.setAsyncSupported(true);
        context.addServletMappingDecoded(path, path);
    }

    public static void main(String[] args) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getenv("DIR"));
        Connector connector = new Connector();
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        connector.setProperty("address", "127.0.0.1");
        for (String arg : args) { // maxThreads=20
            connector.setProperty(arg.split("=")[0], arg.split("=")[1]);
        }
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        add(context, "/heavy", TomcatServer::blocking);
        add(context, "/semaphore", TomcatServer::withSemaphore);
        add(context, "/monitor", TomcatServer::withMonitor);
        add(context, "/async", TomcatServer::async);
        add(context, "/callable", TomcatServer::callable);
        add(context, "/health", TomcatServer::health);
        tomcat.start();
        tomcat.getServer().await();
    }
}
