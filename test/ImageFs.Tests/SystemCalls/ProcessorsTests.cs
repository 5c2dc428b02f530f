using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Lists of processors as /sys has them.</summary>
public sealed class ProcessorsTests
{
    [TestCase("0\n", ExpectedResult = 1)]
    [TestCase("0-1\n", ExpectedResult = 2)]
    [TestCase("0-3,8,16-31", ExpectedResult = 21)]
    [TestCase("", ExpectedResult = null)]
    [TestCase("-", ExpectedResult = null)]
    [TestCase("3-1", ExpectedResult = null)]
    [TestCase("0-1-2", ExpectedResult = null)]
    [TestCase("a", ExpectedResult = null)]
    public int? A_list_is_counted(string list) => Processors.Count(list);

    [Test]
    public void This_machine_has_at_least_those_in_use() => Assert.That(Processors.CountPossible(), Is.GreaterThanOrEqualTo(Environment.ProcessorCount));

    [Test]
    public void A_thread_can_be_kept_where_there_is_a_processor_only()
    {
        bool onTheFirst = false, onNone = true;
        var thread = new Thread(() =>
        {
            var affinity = new Affinity();
            onTheFirst = affinity.Pin(0);
            onNone = affinity.Pin(8000);
        });
        thread.Start();
        thread.Join();
        Assert.That(onTheFirst, Is.True);
        Assert.That(onNone, Is.False);
    }
}
