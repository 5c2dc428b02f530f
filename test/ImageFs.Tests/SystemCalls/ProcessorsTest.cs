using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Lists of processors as /sys has them.</summary>
public sealed class ProcessorsTest
{
    [TestCase("0\n", ExpectedResult = 1)]
    [TestCase("0-1\n", ExpectedResult = 2)]
    [TestCase("0-3,8,16-31", ExpectedResult = 21)]
    [TestCase("", ExpectedResult = null)]
    [TestCase("-", ExpectedResult = null)]
    [TestCase("3-1", ExpectedResult = null)]
    [TestCase("0-1-2", ExpectedResult = null)]
    [TestCase("a", ExpectedResult = null)]
    public int? AListIsCounted(string list) => Processors.Count(list);

    [Test]
    public void ThisMachineHasAtLeastThoseInUse() => Assert.That(Processors.CountPossible(), Is.GreaterThanOrEqualTo(Environment.ProcessorCount));

    [Test]
    public void AThreadCanBeKeptWhereThereIsAProcessorOnly()
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
