/*
 * The parts of the sample VNF that busybox has no program for:
 *   vnf udp PORT   UDP echo; every datagram raises the counter
 *   vnf count      raise the counter and print it
 *   vnf get        print the counter
 *   vnf hang PORT  accept TCP connections and never answer
 *   vnf power      power off when the ACPI power button is pressed
 * The counter lies in a memory file system: a reboot forgets it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/input.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNTER "/tmp/counter"

static uint64_t *counter(void)
{
	int fd = open(COUNTER, O_RDWR | O_CREAT, 0644);
	void *p;

	if (fd < 0 || ftruncate(fd, sizeof(uint64_t)))
		exit(1);
	p = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
		 fd, 0);
	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static int bound(int type, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };
	int one = 1, s = socket(AF_INET, type, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	while (bind(s, (void *)&a, sizeof(a)))
		usleep(50000);
	return s;
}

/* The answer leaves from the address that was asked, not from the first
 * address of the machine: a service address may be a second one. */
static void udp(int port)
{
	static char data[65536], control[256];
	uint64_t *count = counter();
	int one = 1, s = bound(SOCK_DGRAM, port);

	setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	for (;;) {
		struct sockaddr_in peer;
		struct iovec v = { data, sizeof(data) };
		struct msghdr m = { &peer, sizeof(peer), &v, 1,
				    control, sizeof(control), 0 };
		ssize_t n = recvmsg(s, &m, 0);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		if (n < 0)
			continue;
		__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
		v.iov_len = n;
		if (c && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *i = (void *)CMSG_DATA(c);

			i->ipi_ifindex = 0;
			i->ipi_spec_dst = i->ipi_addr;
		}
		sendmsg(s, &m, 0);
	}
}

static void hang(int port)
{
	int held[64] = { 0 }, next = 0, s = bound(SOCK_STREAM, port);

	listen(s, 64);
	for (;;) {
		int c = accept(s, NULL, NULL);

		if (c < 0)
			continue;
		if (held[next])
			close(held[next]);
		held[next] = c;
		next = (next + 1) % 64;
	}
}

/*
 * The button's device may show up after we do, so what is not there yet is
 * looked for again: a guest that misses the button costs each stop a minute.
 */
static void power(void)
{
	struct pollfd f[8];
	struct input_event e;
	char path[32];
	int i;

	for (i = 0; i < 8; i++)
		f[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	for (;;) {
		for (i = 0; i < 8; i++) {
			if (f[i].fd >= 0)
				continue;
			snprintf(path, sizeof(path), "/dev/input/event%d", i);
			f[i].fd = open(path, O_RDONLY);
		}
		poll(f, 8, 500);
		for (i = 0; i < 8; i++)
			if ((f[i].revents & POLLIN) &&
			    read(f[i].fd, &e, sizeof(e)) == sizeof(e) &&
			    e.type == EV_KEY && e.code == KEY_POWER &&
			    e.value == 1) {
				sync();
				reboot(RB_POWER_OFF);
			}
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int port = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(what, "udp"))
		udp(port);
	else if (!strcmp(what, "hang"))
		hang(port);
	else if (!strcmp(what, "power"))
		power();
	else if (!strcmp(what, "count"))
		printf("%llu\n", (unsigned long long)__atomic_add_fetch(
			counter(), 1, __ATOMIC_SEQ_CST));
	else if (!strcmp(what, "get"))
		printf("%llu\n", (unsigned long long)*counter());
	else
		return 2;
	return 0;
}
