/* Reads JSON as vectors/ has it: objects, arrays, strings without escapes, integers, null. What is read is never freed. */
#ifndef JSON_H
#define JSON_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
    char kind;           /* { [ " 0 n */
    const char *key;     /* in an object */
    const char *text;    /* of a string or a number */
    struct json *first;  /* of an object or an array */
    struct json *next;   /* in an object or an array */
    size_t count;
} json;

static inline void json_fail(const char *what, const char *at) {
    fprintf(stderr, "json: %s expected at \"%.20s\"\n", what, at);
    exit(2);
}

static inline char *json_blank(char *at) {
    while (isspace((unsigned char)*at)) at++;
    return at;
}

static inline char *json_string(char *at, const char **text) {
    char *end;
    if (*at != '"') json_fail("a string", at);
    end = strchr(at + 1, '"');
    if (end == NULL || memchr(at, '\\', (size_t)(end - at)) != NULL) json_fail("a string without escapes", at);
    *end = 0;
    *text = at + 1;
    return end + 1;
}

static inline char *json_value(char *at, json *value) {
    memset(value, 0, sizeof *value);
    at = json_blank(at);
    if (*at == '{' || *at == '[') {
        char close = *at == '{' ? '}' : ']';
        json **place = &value->first;
        value->kind = *at;
        at = json_blank(at + 1);
        while (*at != close) {
            const char *key = NULL;
            if (value->kind == '{') {
                at = json_blank(json_string(at, &key));
                if (*at != ':') json_fail("a colon", at);
                at++;
            }
            *place = malloc(sizeof **place);
            if (*place == NULL) exit(2);
            at = json_blank(json_value(at, *place));
            (*place)->key = key;
            place = &(*place)->next;
            value->count++;
            if (*at == ',') at = json_blank(at + 1);
            else if (*at != close) json_fail("a comma", at);
        }
        return at + 1;
    }
    if (*at == '"') {
        value->kind = '"';
        return json_string(at, &value->text);
    }
    if (strncmp(at, "null", 4) == 0) {
        value->kind = 'n';
        return at + 4;
    }
    value->kind = '0';
    value->text = at;
    strtol(at, &at, 10);
    if (at == value->text) json_fail("a value", at);
    return at;
}

/* The member of an object, or null. */
static inline const json *json_get(const json *object, const char *key) {
    const json *member = object->kind == '{' ? object->first : NULL;
    while (member != NULL && strcmp(member->key, key) != 0) member = member->next;
    return member;
}

/* The member of an object that has to be there. */
static inline const json *json_need(const json *object, const char *key) {
    const json *member = json_get(object, key);
    if (member == NULL) json_fail(key, "an object");
    return member;
}

static inline long json_int(const json *object, const char *key) {
    const json *member = json_need(object, key);
    if (member->kind != '0') json_fail("a number", key);
    return strtol(member->text, NULL, 10);
}

static inline const char *json_text(const json *object, const char *key) {
    const json *member = json_need(object, key);
    if (member->kind != '"') json_fail("a string", key);
    return member->text;
}

static inline json json_file(const char *path) {
    json value;
    FILE *file = fopen(path, "rb");
    char *text;
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        exit(2);
    }
    rewind(file);
    text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(2);
    }
    text[size] = 0;
    fclose(file);
    json_value(text, &value);
    return value;
}

#endif
