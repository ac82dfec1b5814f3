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
 * An address is taken in the kernel only, so that a reboot lets go of it. It
 * has no network of its own: the interface is the one whose network has it.
 */
#define _GNU_SOURCE
#include "address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRONG_ADDRESS "400 address: must be an IPv4 address of a network here"

/* The interface for an address: the one that has it, else the one whose
 * network it is in. Returns 1 if it is there, 0 if not, -1 if it is none. */
static int find(const char *text, struct in_addr *wanted, char *nic)
{
	struct ifaddrs *all, *one;
	int there = -1;

	if (inet_pton(AF_INET, text, wanted) != 1 || getifaddrs(&all))
		return -1;
	for (one = all; one && there < 1; one = one->ifa_next) {
		in_addr_t own, mask;

		if (!one->ifa_addr || !one->ifa_netmask ||
		    one->ifa_addr->sa_family != AF_INET ||
		    one->ifa_flags & IFF_LOOPBACK)
			continue;
		own = ((struct sockaddr_in *)one->ifa_addr)->sin_addr.s_addr;
		mask = ((struct sockaddr_in *)one->ifa_netmask)
			       ->sin_addr.s_addr;
		if ((own ^ wanted->s_addr) & mask)
			continue;
		snprintf(nic, IFNAMSIZ, "%s", one->ifa_name);
		there = own == wanted->s_addr && mask == INADDR_NONE;
	}
	freeifaddrs(all);
	return there;
}

static int change(const char *verb, struct in_addr address, const char *nic)
{
	char text[INET_ADDRSTRLEN + 4];
	int status = -1;
	pid_t child;

	strcat(strcpy(text, inet_ntoa(address)), "/32");
	signal(SIGCHLD, SIG_DFL);
	child = vfork();
	if (!child) {
		execl("/bin/ip", "ip", "addr", verb, text, "dev", nic, NULL);
		_exit(127);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	return status;
}

/* A gratuitous request tells switches and neighbours, and a reply those
 * that have the address already and take no request for it. */
static void announce(struct in_addr address, const char *nic)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ARP),
				  .sll_ifindex = if_nametoindex(nic),
				  .sll_halen = ETH_ALEN };
	struct ether_arp arp = { .ea_hdr = { htons(ARPHRD_ETHER),
					     htons(ETH_P_IP), ETH_ALEN, 4,
					     0 } };
	struct ifreq asked = { 0 };
	int s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));
	int i;

	snprintf(asked.ifr_name, IFNAMSIZ, "%s", nic);
	if (s < 0 || ioctl(s, SIOCGIFHWADDR, &asked))
		return;
	memset(to.sll_addr, 255, ETH_ALEN);
	memcpy(arp.arp_sha, asked.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(arp.arp_spa, &address, 4);
	memcpy(arp.arp_tpa, &address, 4);
	for (i = 0; i < 2; i++) {
		arp.ea_hdr.ar_op = htons(i ? ARPOP_REPLY : ARPOP_REQUEST);
		if (i)
			memset(arp.arp_tha, 255, ETH_ALEN);
		sendto(s, &arp, sizeof(arp), 0, (void *)&to, sizeof(to));
	}
	close(s);
}

const char *address_take(const char *text)
{
	struct in_addr address;
	char nic[IFNAMSIZ];
	int there = find(text, &address, nic), i;

	if (there < 0)
		return WRONG_ADDRESS;
	if (!there && change("add", address, nic))
		return "500 address: cannot be taken";
	announce(address, nic);
	/* One may get lost on its way; the answer does not wait for more. */
	if (!fork()) {
		for (i = 0; i < 3; i++) {
			usleep(200000);
			if (find(text, &address, nic) == 1)
				announce(address, nic);
		}
		_exit(0);
	}
	return NULL;
}

const char *address_drop(const char *text)
{
	struct in_addr address;
	char nic[IFNAMSIZ];

	if (find(text, &address, nic) == 1 && change("del", address, nic))
		return "500 address: cannot be let go";
	return NULL;
}

const char *address_tell(const char *text)
{
	struct in_addr address;
	char nic[IFNAMSIZ];

	return find(text, &address, nic) == 1 ? NULL : "404 address: not here";
}
