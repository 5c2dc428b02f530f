using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class OptionListTests
{
    [Test]
    public void Options_are_split_at_commas_outside_quotes()
    {
        var options = OptionList.Parse("ro,,label=\"a,b\",uid=7,");

        Assert.That(options.Names, Is.EqualTo((string[])["ro", "label", "uid"]));
        Assert.That(options.TakeValue("label"), Is.EqualTo("a,b"));
    }

    [Test]
    public void What_is_taken_is_gone_and_what_is_left_is_known_by_name()
    {
        var options = OptionList.Parse("norock,mode=0644,bogus");

        Assert.That(options.TakeFlag("norock"), Is.True);
        Assert.That(options.TakeFlag("norock"), Is.False);
        Assert.That(options.TakeNumber("mode", octal: true), Is.EqualTo(420));
        Assert.That(options.Names, Is.EqualTo((string[])["bogus"]));
    }

    [Test]
    public void The_last_of_several_counts()
    {
        var options = OptionList.Parse("uid=1,uid=2");

        Assert.That(options.TakeNumber("uid"), Is.EqualTo(2));
        Assert.That(options.Names, Is.Empty);
    }

    [Test]
    public void What_is_not_given_is_null() => Assert.That(OptionList.Parse(null).TakeNumber("uid"), Is.Null);

    [TestCase("4294967295", ExpectedResult = 4294967295u)]
    [TestCase("0", ExpectedResult = 0u)]
    public uint? Numbers_reach_32_bits(string text) => OptionList.Parse($"uid={text}").TakeNumber("uid");

    [TestCase("uid=4294967296")]
    [TestCase("uid=99999999999999999999999999")]
    [TestCase("uid=-1")]
    [TestCase("uid=1x")]
    [TestCase("uid=")]
    [TestCase("uid")]
    public void What_is_no_number_is_refused(string list) =>
        Assert.That(() => OptionList.Parse(list).TakeNumber("uid"), Throws.TypeOf<OptionException>().With.Message.Contains(list.TrimEnd('=')));

    [Test]
    public void One_of_a_few_words_is_taken_and_any_other_refused()
    {
        Assert.That(OptionList.Parse("errors=panic").TakeChoice("errors", "continue", "panic"), Is.EqualTo("panic"));
        Assert.That(OptionList.Parse("ro").TakeChoice("errors", "continue", "panic"), Is.Null);
        Assert.That(
            () => OptionList.Parse("errors=no").TakeChoice("errors", "continue", "stop", "panic"),
            Throws.TypeOf<OptionException>().With.Message.EqualTo("option 'errors=no': must be continue, stop or panic"));
    }

    [Test]
    public void Users_and_groups_have_numbers_or_names()
    {
        var options = OptionList.Parse("uid=root,gid=root");
        Assert.That(options.TakeUser("uid"), Is.Zero);
        Assert.That(options.TakeGroup("gid"), Is.Zero);
        Assert.That(options.Names, Is.Empty);
        Assert.That(OptionList.Parse("uid=4294967294").TakeUser("uid"), Is.EqualTo(4294967294));
        Assert.That(OptionList.Parse("gid=nosuchgroup").TakeUser("uid"), Is.Null);
    }

    [TestCase("uid=nosuchuser")]
    [TestCase("uid=4294967296")]
    [TestCase("uid=1x")]
    [TestCase("uid=-1")]
    [TestCase("uid=")]
    public void Who_is_nobody_is_refused(string list) =>
        Assert.That(() => OptionList.Parse(list).TakeUser("uid"), Throws.TypeOf<OptionException>().With.Message.Contains(list.TrimEnd('=')));

    [TestCase("mode=8")]
    [TestCase("mode=10000")]
    public void Octal_numbers_have_a_limit(string list) =>
        Assert.That(() => OptionList.Parse(list).TakeNumber("mode", octal: true, max: 0xFFF), Throws.TypeOf<OptionException>());

    [Test]
    public void A_flag_with_a_value_is_refused() =>
        Assert.That(() => OptionList.Parse("norock=1").TakeFlag("norock"), Throws.TypeOf<OptionException>());

    [Test]
    public void A_copy_is_taken_from_apart()
    {
        var options = OptionList.Parse("uid=1,norock,bogus");
        OptionList copy = options.Copy();
        copy.TakeFlag("norock");
        options.Keep(copy.Names.ToHashSet());

        Assert.That(options.Names, Is.EqualTo((string[])["uid", "bogus"]));
    }
}
