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
 * GET /nham/state gives the state away and POST /nham/state replaces it, as
 * a whole or not at all. It is a server of its own and not a CGI script, so
 * that the many bytes of a state are not copied through busybox's httpd.
 * Who asks for it with NHAM-Hold has all wait that would change the state,
 * for so many seconds from then on. PUT /nham/address/IP takes a service
 * address, DELETE lets it go, GET tells whether it is there.
 */
#define _GNU_SOURCE
#include "address.h"
#include "hook.h"
#include "memory.h"
#include "sha256.h"
#include "state.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CLAIM "/nham/address/"
#define TOKEN "etc/vnf-token"
#define HEAD_MAX 8192
#define VALUE_MAX 512
/* Seconds that the other side may say nothing or take nothing. */
#define PATIENCE 5
#define HOLD_MAX 30

struct request {
	int fd;
	char head[HEAD_MAX + 1];
	/* of the body: what came with the head, all that is yet to be read */
	const char *early;
	size_t early_size, left;
	struct sha256 digest;
	/* seconds for which the state is not to change */
	unsigned hold;
};

static const char *read_head(struct request *r)
{
	size_t n = 0;
	char *end = NULL;

	while (!end) {
		ssize_t some = read(r->fd, r->head + n, HEAD_MAX - n);

		if (some <= 0)
			return "400 head: must end within 8192 bytes";
		n += some;
		end = memmem(r->head, n, "\r\n\r\n", 4);
	}
	r->early = end + 4;
	r->early_size = r->head + n - r->early;
	/* The line's end stays: each header has one behind it. */
	end[2] = 0;
	return NULL;
}

/* Find a header and return 1; its value is cut at VALUE_MAX. */
static int header(const struct request *r, const char *name, char *value)
{
	size_t n = strlen(name);
	const char *line = r->head;

	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (strncasecmp(line, name, n) || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		n = strcspn(line, "\r");
		while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			n--;
		snprintf(value, VALUE_MAX, "%.*s", (int)n, line);
		return 1;
	}
	return 0;
}

static const char *check_token(const struct request *r)
{
	char token[VALUE_MAX] = "", wanted[VALUE_MAX + 8], said[VALUE_MAX];
	FILE *f = fopen(TOKEN, "r");

	if (f) {
		if (fscanf(f, "%255s", token) != 1)
			*token = 0;
		fclose(f);
	}
	sprintf(wanted, "Bearer %s", token);
	if (!*token || !header(r, "Authorization", said) ||
	    strcmp(said, wanted))
		return "401 Authorization: must be the word Bearer and the"
		       " token";
	return NULL;
}

static void answer(int fd, const char *words)
{
	dprintf(fd,
		"HTTP/1.1 %.3s \r\nContent-Type: text/plain\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
		words, strlen(words + 4) + 1, words + 4);
}

static int send_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t some = send(fd, data, n, 0);

		if (some <= 0)
			return -1;
		data += some;
		n -= some;
	}
	return 0;
}

static const char *find_hold(struct request *r)
{
	char said[VALUE_MAX], *end;
	unsigned long seconds;

	if (!header(r, "NHAM-Hold", said))
		return NULL;
	seconds = strtoul(said, &end, 10);
	if (!isdigit((unsigned char)*said) || *end || !seconds ||
	    seconds > HOLD_MAX)
		return "400 NHAM-Hold: must be a whole number of seconds,"
		       " 1 to 30";
	r->hold = seconds;
	return NULL;
}

/* Say since when this life of the VNF lasts, and which state it took in. */
static void say_life(int fd)
{
	struct memory *m = memory();

	dprintf(fd, "NHAM-Started: %llu\r\n",
		(unsigned long long)m->started);
	if (*m->imported)
		dprintf(fd, "NHAM-Imported: %s\r\n", m->imported);
}

static const char *give(struct request *r)
{
	static struct state s;
	char words[DIGEST_MAX];
	const char *wrong = find_hold(r) ?: state_take(&s, r->hold);

	if (wrong)
		return wrong;
	sha256_start(&r->digest);
	sha256_add(&r->digest, s.head, s.head_size);
	sha256_add(&r->digest, s.note, s.note_size);
	sha256_add(&r->digest, s.table, s.table_size);
	sha256_words(&r->digest, words);
	dprintf(r->fd,
		"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
		"Content-Length: %zu\r\nContent-Digest: %s\r\n"
		"NHAM-Pause: %.6f\r\n",
		s.head_size + s.note_size + s.table_size, words, s.pause);
	if (r->hold)
		dprintf(r->fd, "NHAM-Hold: %u\r\n", r->hold);
	say_life(r->fd);
	dprintf(r->fd, "Connection: close\r\n\r\n");
	if (!send_all(r->fd, s.head, s.head_size) &&
	    !send_all(r->fd, s.note, s.note_size))
		send_all(r->fd, s.table, s.table_size);
	return NULL;
}

static int read_body(void *from, void *to, size_t n)
{
	struct request *r = from;
	size_t done = n < r->early_size ? n : r->early_size;

	if (n > r->left)
		return -1;
	r->left -= n;
	memcpy(to, r->early, done);
	r->early += done;
	r->early_size -= done;
	while (done < n) {
		ssize_t some = read(r->fd, (char *)to + done, n - done);

		if (some <= 0)
			return -1;
		done += some;
	}
	sha256_add(&r->digest, to, n);
	return 0;
}

static const char *find_size(struct request *r)
{
	char said[VALUE_MAX];

	if (!header(r, "Content-Length", said) ||
	    said[strspn(said, "0123456789")] || !*said || strlen(said) > 9)
		return "400 Content-Length: must be a whole number of bytes";
	r->left = strtoul(said, NULL, 10);
	return NULL;
}

static const char *find_sender(const struct request *r, char *sender)
{
	size_t i;

	if (!header(r, "NHAM-Sender", sender))
		return "400 NHAM-Sender: must be there";
	for (i = 0; isgraph((unsigned char)sender[i]); i++)
		;
	if (!i || sender[i] || i >= SENDER_MAX)
		return "400 NHAM-Sender: must be 1 to 255 visible characters";
	return NULL;
}

static const char *check_digest(struct request *r, char *words)
{
	char said[VALUE_MAX];

	sha256_words(&r->digest, words);
	if (header(r, "Content-Digest", said) && !strstr(said, words))
		return "400 Content-Digest: must name the body's sha-256";
	return NULL;
}

static const char *take(struct request *r)
{
	struct staged s;
	char sender[VALUE_MAX], digest[DIGEST_MAX];
	const char *wrong = find_size(r) ?: find_sender(r, sender);

	if (wrong)
		return wrong;
	sha256_start(&r->digest);
	wrong = state_stage(&s, read_body, r, r->left)
		?: check_digest(r, digest)
		?: state_put(&s, sender, digest);
	if (wrong)
		state_drop(&s);
	else
		dprintf(r->fd, "HTTP/1.1 204 No Content\r\n"
			       "Connection: close\r\n\r\n");
	return wrong;
}

/* Tell which state is in, as far as this life of the VNF goes. */
static const char *tell(struct request *r)
{
	dprintf(r->fd, "HTTP/1.1 204 No Content\r\n");
	say_life(r->fd);
	dprintf(r->fd, "Connection: close\r\n\r\n");
	return NULL;
}

static const char *claim(struct request *r, const char *method,
			 const char *address)
{
	const char *wrong = check_token(r);

	if (wrong)
		return wrong;
	if (!strcmp(method, "PUT"))
		wrong = address_take(address);
	else if (!strcmp(method, "DELETE"))
		wrong = address_drop(address);
	else if (!strcmp(method, "GET"))
		wrong = address_tell(address);
	else
		return "405 method: must be GET, PUT or DELETE";
	if (!wrong)
		dprintf(r->fd, "HTTP/1.1 204 No Content\r\n"
			       "Connection: close\r\n\r\n");
	return wrong;
}

static const char *route(struct request *r)
{
	char method[8] = "", path[VALUE_MAX] = "";

	sscanf(r->head, "%7s %255s", method, path);
	if (!strncmp(path, CLAIM, strlen(CLAIM)))
		return claim(r, method, path + strlen(CLAIM));
	if (strcmp(path, "/nham/state"))
		return "404 path: must be /nham/state or /nham/address/IP";
	if (!strcmp(method, "GET"))
		return check_token(r) ?: give(r);
	if (!strcmp(method, "HEAD"))
		return check_token(r) ?: tell(r);
	if (!strcmp(method, "POST"))
		return check_token(r) ?: take(r);
	return "405 method: must be GET, HEAD or POST";
}

static void serve(int fd)
{
	static struct request r;
	const struct timeval patience = { .tv_sec = PATIENCE };
	const char *wrong;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	r.fd = fd;
	wrong = read_head(&r) ?: route(&r);
	if (wrong)
		answer(fd, wrong);
	/* Who closes on unread bytes resets, and the answer may be lost. */
	shutdown(fd, SHUT_WR);
	while (read(fd, r.head, HEAD_MAX) > 0)
		;
	/* The lock is this process's. */
	sleep(r.hold);
}

void hook(int listening)
{
	memory_started(memory());
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0)
			continue;
		if (!fork()) {
			close(listening);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}
