namespace ImageFs.Storage.Raid;

/// <summary>How an array spreads its bytes, by the numbers of Linux's md.</summary>
public enum RaidLevel
{
    /// <summary>One member after the other.</summary>
    Linear = -1,

    /// <summary>Chunks by turns, and each once.</summary>
    Raid0 = 0,

    /// <summary>All of it on each member.</summary>
    Raid1 = 1,

    /// <summary>Chunks by turns, and their parity on the last member.</summary>
    Raid4 = 4,

    /// <summary>Chunks by turns, and their parity by turns.</summary>
    Raid5 = 5,

    /// <summary>The same with two parities, P and Q.</summary>
    Raid6 = 6,

    /// <summary>Chunks by turns, each on several members.</summary>
    Raid10 = 10,
}

/// <summary>Which members of a row have parity, and how data goes on from row to row: the ALGORITHM_ numbers of Linux's md (raid5.h).</summary>
public enum ParityAlgorithm
{
    /// <summary>Parity from the last member down; data begins at the first one.</summary>
    LeftAsymmetric = 0,

    /// <summary>Parity from the first member up; data begins at the first one.</summary>
    RightAsymmetric = 1,

    /// <summary>Parity from the last member down; data goes on behind it.</summary>
    LeftSymmetric = 2,

    /// <summary>Parity from the first member up; data goes on behind it.</summary>
    RightSymmetric = 3,

    /// <summary>Parity on the first member; with Q behind it.</summary>
    Parity0 = 4,

    /// <summary>Parity on the last member; with Q behind it.</summary>
    ParityN = 5,

    /// <summary>RAID 6 of DDF: as <see cref="RightAsymmetric"/>, with members counted differently for Q.</summary>
    RotatingZeroRestart = 8,

    /// <summary>RAID 6 of DDF: as <see cref="LeftAsymmetric"/> from the second row on.</summary>
    RotatingNRestart = 9,

    /// <summary>RAID 6 of DDF: as <see cref="LeftSymmetric"/> with Q before P.</summary>
    RotatingNContinue = 10,

    /// <summary>RAID 5 as <see cref="LeftAsymmetric"/>, and Q on a further member.</summary>
    LeftAsymmetric6 = 16,

    /// <summary>RAID 5 as <see cref="RightAsymmetric"/>, and Q on a further member.</summary>
    RightAsymmetric6 = 17,

    /// <summary>RAID 5 as <see cref="LeftSymmetric"/>, and Q on a further member.</summary>
    LeftSymmetric6 = 18,

    /// <summary>RAID 5 as <see cref="RightSymmetric"/>, and Q on a further member.</summary>
    RightSymmetric6 = 19,

    /// <summary>Parity on the first member, and Q on the last.</summary>
    Parity06 = 20,
}
