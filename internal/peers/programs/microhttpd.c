// A handler that blocks in libmicrohttpd, on one of N threads that each poll the
// connections they accepted.
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result answer(void *, struct MHD_Connection *connection, const char *url, const char *,
                              const char *, const char *, size_t *, void **) {
	if (!strcmp(url, "/heavy"))
		usleep(1000 * atoi(MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "ms")));
	struct MHD_Response *response = MHD_create_response_from_buffer(2, "ok", MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

int main(void) {
	unsigned n = atoi(getenv("N"));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, answer, NULL,
	    MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_LISTEN_BACKLOG_SIZE, 511u, MHD_OPTION_THREAD_POOL_SIZE, n, MHD_OPTION_END);
	if (!daemon)
		return 1;
	pause();
}
