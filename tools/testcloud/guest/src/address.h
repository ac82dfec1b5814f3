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

/* Service addresses that this machine takes and lets go. */

/* These return NULL, or an HTTP status and a sentence of what is wrong. */
/* Take an address, or announce once more one that is there. */
const char *address_take(const char *text);
/* Let an address go; one that is not there is no error. */
const char *address_drop(const char *text);
/* Find out whether it is there; 404 if not. */
const char *address_tell(const char *text);
