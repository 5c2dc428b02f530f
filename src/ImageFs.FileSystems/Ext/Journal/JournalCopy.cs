namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>A copy of a block of the file system in the log.</summary>
/// <param name="LogBlock">The block of the journal that it is in.</param>
/// <param name="Sequence">The transaction that wrote it.</param>
/// <param name="Checksum">What its tag says of its checksum.</param>
/// <param name="IsEscaped">Whether its first four bytes are those of the journal's magic number, and not there.</param>
internal readonly record struct JournalCopy(uint LogBlock, uint Sequence, uint Checksum, bool IsEscaped);
