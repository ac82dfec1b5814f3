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
#pragma once

/* What the sample VNF keeps in memory, which all its programs share. */
#include "sha256.h"

#include <stdint.h>

/* Requests further apart than this are two runs of service. */
#define GAP_MS 100
#define RUNS 4096
#define SENDER_MAX 256

/* Requests served without a gap; times are milliseconds since 1970. */
struct run {
	uint64_t first, last, count;
};

struct memory {
	/* when it was first asked for: another one after each reboot */
	uint64_t started;
	uint64_t counter;
	/* who sent the state that was imported last, and its digest */
	char sender[SENDER_MAX], imported[DIGEST_MAX];
	/* runs so far; the newest are kept, run N at N % RUNS */
	uint64_t runs;
	struct run run[RUNS];
};

/* A lock is held by a process of its own: call this after a fork. */
struct memory *memory(void);
void memory_lock(void);
void memory_unlock(void);
/* Return when this life of the VNF began, nanoseconds since 1970. */
uint64_t memory_started(struct memory *m);
/* Raise the counter and log the request; return the counter. */
uint64_t memory_count(struct memory *m);
void memory_print_runs(const struct memory *m);
