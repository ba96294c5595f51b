# SPDX-License-Identifier: MIT
"""Holds lines of JSON against a schema: schema.py SCHEMA [FILE...]. For each line it prints "ok", or "refused" and why.

schema.py --spoil FILE... prints spoilt copies of each line instead, a "WHAT<TAB>JSON" a line: one for each member left
out, given another type or a wrong value, and for each object with a member too many.
"""
import copy
import json
import sys

WRONG = {
    'count': [-1, 1.5, None],
    'choice': ['Load', 1],
}
# Members whose text is one of a list; of the others any text will do.
CHOICES = {'tool', 'mode', 'verdict', 'version', 'type', 'doubt', 'reason', 'protocol'}
FREE = {'label', 'file', 'server'}
NUMBERS = {'seconds', 'error_rate', 'start', 'end'}
NULLABLE = {'start', 'end', 'label', 'protocol', 'type', 'doubt', 'evictions', 'error_rate', 'reason', 'exit',
            'limit_numerator', 'limit_denominator'}


def wrong_values(name, value):
    if isinstance(value, dict):
        yield from ([], 1)
    elif name in CHOICES:
        yield from WRONG['choice']
    elif name in FREE:
        yield from (1, [])
    elif value is not None or name in ('evictions', 'error_rate'):
        yield from (wrong for wrong in WRONG['count']
                    if not (wrong == 1.5 and name in NUMBERS) and not (wrong is None and name in NULLABLE))


def walk(node, path=()):
    """Each object in a document, with the names that lead to it; but what is in a part is spoilt as its own document."""
    yield path, node
    for name, child in node.items():
        if isinstance(child, dict) and path != ('parts',):
            yield from walk(child, path + (name,))


def spoil(document):
    for path, node in walk(document):
        def altered(change):
            twin = copy.deepcopy(document)
            inner = twin
            for name in path:
                inner = inner[name]
            change(inner)
            return twin

        def titled(what):
            return '.'.join(path + (what,))

        yield titled('surplus'), altered(lambda inner: inner.update(surplus=0))
        for name, value in node.items():
            if path[-1:] != ('reasons',):  # an object of any names
                yield titled(name) + ' left out', altered(lambda inner: inner.pop(name))
            for wrong in wrong_values(name, value):
                yield titled(name) + ' = ' + json.dumps(wrong), altered(lambda inner: inner.update({name: wrong}))


def lines_of(paths):
    for path in paths or ['/dev/stdin']:
        with open(path, encoding='utf-8') as file:
            yield from file


def main(words):
    if words[0] == '--spoil':
        for line in lines_of(words[1:]):
            for what, document in spoil(json.loads(line)):
                print(what, json.dumps(document), sep='\t')
        return
    import jsonschema
    with open(words[0], encoding='utf-8') as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for line in lines_of(words[1:]):
        try:
            found = next(validator.iter_errors(json.loads(line)), None)
        except ValueError as error:
            found = error
        if found is None:
            print('ok')
        else:
            print('refused:', ' '.join(str(found).split())[:300])


main(sys.argv[1:])
