/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */

/*
 * The parts of the sample VNF that busybox has no program for:
 *   vnf udp PORT   UDP echo; every datagram raises the counter
 *   vnf count      raise the counter and print it
 *   vnf get        print the counter
 *   vnf served     print when requests were served
 *   vnf sender     print who sent the state that was imported last
 *   vnf note       let the new note take the old one's place
 *   vnf flows KIB  fill the table of flows
 *   vnf hook PORT  give the state away and take another one, over HTTP
 *   vnf hang PORT  accept TCP connections and never answer
 *   vnf power      power off when the ACPI power button is pressed
 * What is in memory lies in a memory file system: a reboot forgets it.
 * All files are below the folder VNF_ROOT, "/" if that is not set.
 */
#define _GNU_SOURCE
#include "hook.h"
#include "memory.h"
#include "state.h"

#include <fcntl.h>
#include <linux/input.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

/* Port 0 is any free one; what it became is printed. */
static int bound(int type, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };
	socklen_t size = sizeof(a);
	int one = 1, s = socket(AF_INET, type, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	while (bind(s, (void *)&a, sizeof(a)))
		usleep(50000);
	if (type == SOCK_STREAM)
		listen(s, 64);
	getsockname(s, (void *)&a, &size);
	printf("port=%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return s;
}

/* The answer leaves from the address that was asked, not from the first
 * address of the machine: a service address may be a second one. */
static void udp(int port)
{
	static char data[65536], control[256];
	struct memory *mem = memory();
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
		/* Before the answer: what was answered is in the state. */
		memory_count(mem);
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
	const char *root = getenv("VNF_ROOT");
	const char *value = argc > 2 ? argv[2] : "";
	int port = atoi(value);

	if (chdir(root ? root : "/")) {
		perror(root);
		return 1;
	}
	if (!strcmp(what, "udp"))
		udp(port);
	else if (!strcmp(what, "hang"))
		hang(port);
	else if (!strcmp(what, "hook"))
		hook(bound(SOCK_STREAM, port));
	else if (!strcmp(what, "power"))
		power();
	else if (!strcmp(what, "count"))
		printf("%llu\n", (unsigned long long)memory_count(memory()));
	else if (!strcmp(what, "get"))
		printf("%llu\n", (unsigned long long)memory()->counter);
	else if (!strcmp(what, "served"))
		memory_print_runs(memory());
	else if (!strcmp(what, "sender"))
		puts(memory()->sender);
	else if (!strcmp(what, "note"))
		return state_note() != 0;
	else if (!strcmp(what, "flows"))
		puts(state_fill(value) ?: "200 filled");
	else
		return 2;
	return 0;
}
