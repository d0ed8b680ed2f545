"""xml values: parsed when text becomes xml, and stored as SQL Server shows them."""

import pytest


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('\'<?xml version="1.0" encoding="utf-8"?><a/>\'', "<a/>"),
        ('N\'<?xml version="1.0" encoding="utf-16"?><a>é</a>\'', "<a>é</a>"),
        ("N'<a></a>'", "<a/>"),
        ("N'<a> <b/> </a>'", "<a><b/></a>"),
        ("N'<a> x <b/> </a>'", "<a> x <b/></a>"),
        ("N'<a xml:space=\"preserve\"> <b/></a>'", '<a xml:space="preserve"> <b/></a>'),
        ("N'<a b=''q\"&lt;''/>'", '<a b="q&quot;&lt;"/>'),
        ("N'<a><![CDATA[<x>&]]></a>'", "<a>&lt;x&gt;&amp;</a>"),
        ("N'<a>&#65;&gt;</a>'", "<a>A&gt;</a>"),
        ("N'<a/>text<b/>'", "<a/>text<b/>"),
        ("N'<!-- c --><?p d?><a/>'", "<!-- c --><?p d?><a/>"),
        ('N\'<a b="1" xmlns:p="urn:x"><p:c/></a>\'', '<a xmlns:p="urn:x" b="1"><p:c/></a>'),
        ("N''", ""),
        ("N'plain'", "plain"),
    ],
)
def test_text_is_stored_as_the_xml_it_means(ask, text, stored):
    ask("CREATE TABLE t (x xml)")
    ask(f"INSERT t VALUES ({text})")
    assert ask("SELECT x FROM t").rows == [(stored,)]
    assert ask(f"SELECT CAST({text} AS xml)").rows == [(stored,)]


@pytest.mark.parametrize(
    ("text", "number", "message"),
    [
        ("N'<a>'", 9400, "XML parsing: line 1, character 3, unexpected end of input"),
        ("N'<a><b></a>'", 9436, "end tag does not match start tag"),
        ("N'</a>'", 9436, "end tag does not match start tag"),
        ("N'<a b=c/>'", 9413, "A string literal was expected"),
        ("N'<a b/>'", 9414, "equal expected"),
        ('N\'<a b="1" b="2"/>\'', 9437, "duplicate attribute"),
        ("N'<a>&</a>'", 9421, "illegal name character"),
        ("N'<a>&nbsp;</a>'", 9448, "well formed check: undeclared entity"),
        ("N'< a/>'", 9455, "illegal qualified name character"),
        ("N'<p:a/>'", 9459, "undeclared prefix"),
        ("N'<a/><?xml version=\"1.0\"?>'", 9438, "text/xmldecl not at the beginning of input"),
        ("N'<a>' + NCHAR(1) + N'</a>'", 9420, "illegal xml character"),
        ('N\'<?xml version="1.0" encoding="utf-8"?><a/>\'', 9402, "unable to switch the encoding"),
        ('\'<?xml version="1.0" encoding="utf-16"?><a/>\'', 9402, "unable to switch the encoding"),
        ("N'<!DOCTYPE a [<!ENTITY x \"y\">]><a/>'", 6359, "internal subset DTDs not allowed"),
    ],
)
def test_text_that_is_not_well_formed_is_refused(ask, refuse, text, number, message):
    ask("CREATE TABLE t (x xml)")
    for statement in (f"INSERT t VALUES ({text})", f"SELECT CAST({text} AS xml)"):
        error = refuse(statement)
        assert error.number == number
        assert message in error.message
    assert ask(f"SELECT TRY_CAST({text} AS xml)").rows == [(None,)]
    assert ask("SELECT count(*) FROM t").rows == [(0,)]


def test_white_space_is_kept_on_demand(ask):
    assert ask("SELECT CONVERT(xml, N'<a> <b/></a>', 1)").rows == [("<a> <b/></a>",)]


SCHEMA = (
    '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop">'
    '<xsd:element name="order" type="xsd:string"/></xsd:schema>'
)


def test_a_column_of_typed_xml_names_its_schema_collection(ask, refuse):
    ask(f"CREATE XML SCHEMA COLLECTION dbo.Orders AS N'{SCHEMA}'")
    ask(f"ALTER XML SCHEMA COLLECTION Orders ADD N'{SCHEMA.replace('shop', 'depot')}'")
    ask("CREATE TABLE t (id int PRIMARY KEY, a xml(CONTENT dbo.Orders), b xml(Orders), c xml)")
    named = (
        "SELECT c.name, x.name FROM sys.columns AS c LEFT JOIN sys.xml_schema_collections AS x "
        "ON x.xml_collection_id = c.xml_collection_id AND c.xml_collection_id <> 0 "
        "WHERE c.object_id = OBJECT_ID('t') ORDER BY c.column_id"
    )
    assert ask(named).rows == [("id", None), ("a", "Orders"), ("b", "Orders"), ("c", None)]
    spaces = ask("SELECT name FROM sys.xml_schema_namespaces ORDER BY name").rows
    assert spaces == [("urn:depot",), ("urn:shop",)]
    assert refuse("DROP XML SCHEMA COLLECTION Orders").number == 6328
    ask("DROP TABLE t; DROP XML SCHEMA COLLECTION Orders")
    assert refuse("CREATE TABLE t (a xml(Orders))").number == 6314


@pytest.mark.parametrize(("text", "number"), [("<a>", 9400), ("<a/>", 2378), ("", 2378)])
def test_only_schemas_make_a_collection(refuse, text, number):
    assert refuse(f"CREATE XML SCHEMA COLLECTION c AS N'{text}'").number == number
