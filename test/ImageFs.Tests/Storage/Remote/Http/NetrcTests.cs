using ImageFs.Storage.Remote.Http;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>Files of users and passwords, as netrc(5) has them.</summary>
public sealed class NetrcTests
{
    private const string Text = """
        # machine commented login no password no
        machine one login alice password "s p\"ace"   machine two
            login bob
            account x
            password b#b
        macdef init
        machine inmacro login no password no

        machine one login carol password third
        default login anyone password guess
        machine late login never password never
        """;

    [TestCase("one", null, "alice", "s p\"ace")]
    [TestCase("ONE", "carol", "carol", "third")]
    [TestCase("two", null, "bob", "b#b")]
    [TestCase("inmacro", null, "anyone", "guess")]
    [TestCase("late", null, "anyone", "guess")]
    [TestCase("commented", null, "anyone", "guess")]
    public void A_host_has_its_first_entry_or_the_default(string host, string? user, string name, string password) =>
        Assert.That(new Netrc(Text).Find(host, user), Is.EqualTo((name, password)));

    [TestCase(Text, "one", "mallory")]
    [TestCase("", "one", null)]
    [TestCase("machine", "", null)]
    [TestCase("login x password y", "one", null)]
    [TestCase("machine one", "one", null)]
    [TestCase("machine one login", "one", null)]
    [TestCase("machine other login \"x", "one", null)]
    [TestCase("machine other macdef x", "one", null)]
    public void Where_there_is_none_there_is_none(string text, string host, string? user) =>
        Assert.That(new Netrc(text).Find(host, user), Is.Null);
}
