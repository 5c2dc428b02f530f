using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Md;

/// <summary>Arrays that mdadm and Linux's md made: their states, and that copies and parity are as Linux wrote them.</summary>
internal sealed class MdSetTests
{
    [TestCase("md-spare", "clean", "device-2", "spare")]
    [TestCase("md-stale", "clean, degraded", "device-1", "left out: the others went on without it")]
    [TestCase("md-stale-mirror", "clean, degraded", "device-0", "left out: the others went on without it")]
    [TestCase("md-bad-blocks", "clean", "version", "1.2")]
    [TestCase("md-partitioned", "clean", "level", "raid1")]
    [TestCase("md-write-mostly", "clean", "level", "raid1")]
    public void The_state_is_that_of_mdadm(string set, string state, string key, string value)
    {
        using Array array = Array.Open(DiskSets.Volumes.First(volume => volume.Set == set));
        ImageDescription description = array.Set.Describe()!;
        Assert.That(description.Find("state"), Is.EqualTo(state));
        Assert.That(description.Find(key), Does.StartWith(value));
    }

    [TestCase("md-journal", "write journal")]
    [TestCase("md-reshape", "changing its shape")]
    [TestCase("md-raid0-zones-dangerous", "which of its two layouts")]
    public void What_is_not_read_is_refused_by_name(string set, string name)
    {
        using Array array = Array.Open(DiskSets.Volumes.First(volume => volume.Set == set));
        Assert.That(array.Node.Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains(name));
    }

    [Test]
    public void Copies_and_parity_are_as_Linux_wrote_them()
    {
        int compared = 0;
        foreach (DiskSetVolume volume in DiskSets.Volumes.Where(volume => volume.Set.StartsWith("md-", StringComparison.Ordinal)).DistinctBy(volume => volume.Set))
        {
            using Array array = Array.Open(volume);
            foreach (Check check in array.Set.Checks)
            {
                var findings = new List<Finding>();
                var run = new CheckRun(findings.Add, static _ => { });
                run.Try(() => check.Run!(run));
                Assert.That(findings, Is.Empty, volume.Set);
                compared += run.State == CheckState.Done ? 1 : 0;
            }
        }

        Assert.That(compared, Is.AtLeast(5));
    }

    // The disks of an array, and what is found on them.
    private sealed class Array : IDisposable
    {
        private readonly FileDevice[] _devices;

        private Array(DiskSetVolume volume)
        {
            _devices = [.. volume.Disks.Select(disk => FileDevice.Open(DiskSets.PathOf(volume.Set, disk)))];
            var search = new VolumeSearch(VolumeFormats.All, new OpenContext());
            VolumeNode[] disks = [.. _devices.Select(device => search.Add(device, new SectorSizes()))];
            search.Run();
            Node = disks.SelectMany(disk => disk.Walk()).First(node => node.Entry is not null and not Partition);
        }

        public VolumeNode Node { get; }

        public VolumeSet Set => Node.Origins[0].Set!;

        public static Array Open(DiskSetVolume volume) => new(volume);

        public void Dispose() => System.Array.ForEach(_devices, device => device.Dispose());
    }
}
